// SPDX-License-Identifier: Apache-2.0
// How the BPF ring buffer of one CPU is read in place. libbpf's ring_buffer hides the producer position, and without
// that position a missing sequence number cannot be told from one that is still to come (collector/stream/sequence.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "schema/events.h"
#include "trace/result.h"

namespace mirrorscope {

// The shared memory of a ring, kernel/bpf/ringbuf.c. Positions only grow; position modulo size is the place in data,
// which is mapped twice in a row so that a record at the end is contiguous.
struct RingMemory {
  std::atomic<uint64_t>* consumer = nullptr;
  const std::atomic<uint64_t>* producer = nullptr;
  const std::byte* data = nullptr;
  uint64_t size = 0;  // a power of two
};

class Ring {
 public:
  // Maps the ring buffer behind a map fd; `size` is its max_entries. The fd stays the caller's.
  static Result<Ring> map(int fd, uint64_t size);
  explicit Ring(RingMemory memory) : memory_(memory), read_to_(memory.consumer->load(std::memory_order_relaxed)) {}
  Ring(Ring&& other) noexcept;
  Ring& operator=(Ring&&) = delete;
  ~Ring();

  // Up to here programs have reserved room.
  uint64_t produced() const { return memory_.producer->load(std::memory_order_acquire); }
  // Up to here next() has read.
  uint64_t read_to() const { return read_to_; }
  uint64_t size() const { return memory_.size; }

  struct Slot {
    uint64_t position;  // where its header starts
    std::span<const std::byte> bytes;
  };
  // The next submitted record, in the order of reservation; no bytes if there is none or if the next one is still being
  // filled. The bytes stay valid until release() of a later position.
  Slot next();

  // The kernel may reuse everything before `position`.
  void release(uint64_t position) { memory_.consumer->store(position, std::memory_order_release); }

 private:
  Ring(RingMemory memory, size_t page) : Ring(memory) { page_ = page; }

  RingMemory memory_;
  uint64_t read_to_;
  uint64_t known_produced_ = 0;  // the producer's cache line is touched only when everything known has been read
  size_t page_ = 0;              // of the mapping to undo, 0 if the memory is not ours
};

}  // namespace mirrorscope
