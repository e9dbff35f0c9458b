// SPDX-License-Identifier: Apache-2.0
// The part of a source that is in memory, and moves along as packets are read.
//
// Nothing is mapped: a few buffers that stay in the processor's cache are filled again and again, which is several times
// as fast as the page faults and the TLB misses of a mapping that is walked through once (docs/performance.md).
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "trace/reading/source.h"

namespace mirrorscope::trace {

// Memory for packets; it begins on a page.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t least);
  std::byte* data() const { return bytes_.get(); }
  size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<std::byte[], Free> bytes_;
  size_t size_ = 0;
};

// Buffers whose records somebody still looks at when the reader has moved on. Belongs to one thread at a time.
class BufferStore {
 public:
  // Buffers that the readers have moved on from since it was last asked. Records that were delivered before lie in
  // these, in those that were asked for earlier, or where the readers still are.
  std::vector<Buffer> left() { return std::exchange(left_, {}); }
  // Nobody looks at them any more.
  void give_back(std::vector<Buffer>& buffers);

 private:
  friend class Stretch;
  Buffer take(size_t least);
  void leave(Buffer buffer) { left_.push_back(std::move(buffer)); }

  std::vector<Buffer> left_;
  std::vector<Buffer> free_;
};

class Stretch {
 public:
  // With a store, a buffer with records that were lent out goes there when it is left; without one, it is used again.
  explicit Stretch(BufferStore* store) : store_(store) {}

  // Goes to the beginning of another source.
  void enter(std::shared_ptr<const Source> source);

  // The bytes from `offset` on, as many as are in memory: at least `least`, or all up to end(), or up to where reading
  // failed with error(). Valid until the next call; with `as_records` the first is at a multiple of 8.
  std::span<const std::byte> at(uint64_t offset, size_t least, bool as_records);
  bool holds(uint64_t offset) const { return offset >= begin_ && offset < begin_ + length_; }

  // Where the source ends: before its size() once it was found to have become shorter.
  uint64_t end() const { return end_; }
  int error() const { return error_; }

  // Records in what at() gave are delivered: they stay until the next at(), or with a store until they are given back.
  void lend() { lent_ = true; }
  // What follows may not be wanted: less is read ahead until packets follow each other again.
  void slow_down() { ahead_ = least_ahead; }

  static constexpr size_t least_ahead = size_t{16} << 10;
  static constexpr size_t most_ahead = size_t{256} << 10;  // the Writer's packets

 private:
  void move_to(uint64_t offset, size_t least);

  BufferStore* store_;
  std::shared_ptr<const Source> source_;
  Buffer buffer_;
  uint64_t begin_ = 0;  // in the source
  size_t length_ = 0;
  uint64_t end_ = 0;
  size_t ahead_ = least_ahead;
  int error_ = 0;
  bool lent_ = false;
};

}  // namespace mirrorscope::trace
