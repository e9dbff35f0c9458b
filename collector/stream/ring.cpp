// SPDX-License-Identifier: Apache-2.0
// How the memory of a BPF ring buffer is mapped and walked.
#include "collector/stream/ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace mirrorscope {

namespace {

// include/uapi/linux/bpf.h: the bits of a record's length word; the word after it is the kernel's.
constexpr uint32_t busy = 1u << 31;
constexpr uint32_t discarded = 1u << 30;
constexpr uint64_t header_size = 8;

constexpr uint64_t slot_size(uint32_t length) { return (header_size + length + 7) & ~uint64_t{7}; }

}  // namespace

Result<Ring> Ring::map(int fd, uint64_t size) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* consumer = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (consumer == MAP_FAILED) return fail(errno, "cannot map the consumer page of a ring");
  void* producer = mmap(nullptr, page + 2 * size, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(page));
  if (producer == MAP_FAILED) {
    const int error = errno;
    munmap(consumer, page);
    return fail(error, "cannot map the data pages of a ring");
  }
  RingMemory memory;
  memory.consumer = static_cast<std::atomic<uint64_t>*>(consumer);
  memory.producer = static_cast<const std::atomic<uint64_t>*>(producer);
  memory.data = static_cast<const std::byte*>(producer) + page;
  memory.size = size;
  return Ring(memory, page);
}

Ring::Ring(Ring&& other) noexcept
    : memory_(other.memory_),
      read_to_(other.read_to_),
      known_produced_(other.known_produced_),
      page_(std::exchange(other.page_, 0)) {}

Ring::~Ring() {
  if (!page_) return;
  munmap(memory_.consumer, page_);
  munmap(const_cast<std::byte*>(memory_.data) - page_, page_ + 2 * memory_.size);
}

Ring::Slot Ring::next() {
  for (;;) {
    if (read_to_ >= known_produced_) {
      known_produced_ = produced();
      if (read_to_ >= known_produced_) return {};
    }
    const std::byte* at = memory_.data + (read_to_ & (memory_.size - 1));
    const uint32_t length = reinterpret_cast<const std::atomic<uint32_t>*>(at)->load(std::memory_order_acquire);
    if (length & busy) return {};
    const uint64_t position = read_to_;
    const uint32_t payload = length & ~discarded;
    read_to_ += slot_size(payload);
    if (!(length & discarded)) return {position, {at + header_size, payload}};
  }
}

}  // namespace mirrorscope
