// SPDX-License-Identifier: Apache-2.0
// Where the bytes of a stream come from: a file that is read, or memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace mirrorscope::trace {

// Any number of readers, from any threads.
class Source {
 public:
  struct Got {
    size_t bytes;
    int error;  // errno: why there are no more, 0 if it is only that the source ends there
  };

  virtual ~Source() = default;
  // When it was opened. What is written behind that later is for whoever opens it again.
  virtual uint64_t size() const = 0;
  virtual bool has_grown() const { return false; }
  // Fills `room` with what lies at `offset`.
  virtual Got read(uint64_t offset, std::span<std::byte> room) const = 0;
  // Where, at `offset` or behind it, something else may lie than a hole, which reads as zeros; size() if nowhere.
  virtual uint64_t next_data(uint64_t offset) const { return offset; }
};

// The caller keeps the bytes alive.
std::shared_ptr<const Source> memory_source(std::span<const std::byte> bytes);

// Takes over the descriptor, of a regular file.
std::shared_ptr<const Source> file_source(int fd, uint64_t size);

}  // namespace mirrorscope::trace
