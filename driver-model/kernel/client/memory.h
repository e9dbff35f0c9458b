// SPDX-License-Identifier: Apache-2.0
// What a process does to its memory under a device: one function per thing that makes the kernel invalidate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string_view>

namespace mirrorscope::device {

constexpr size_t kPage = 4096;

// Anonymous private memory that this thread may do everything to; others only reach it through the device.
class Memory {
 public:
  explicit Memory(size_t pages);  // touched; aborts the program if there is none
  Memory(uintptr_t at, size_t pages);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  char* page(size_t n) const { return base_ + n * kPage; }
  size_t pages() const { return pages_; }
  char* begin() const { return base_; }
  size_t bytes() const { return pages_ * kPage; }

  void touch(size_t first, size_t n, uint64_t value) const;

 private:
  char* base_;
  size_t pages_;
};

enum class Deed : uint8_t { remap, munmap, dontneed, protect, fork_write, pageout, huge, mremap, compact, kDeeds };
std::string_view to_string(Deed deed);

// Does it to pages [first, first + n) and leaves them mapped, writable and touched.
void does(const Memory& memory, Deed deed, size_t first, size_t n, std::mt19937& random);

}  // namespace mirrorscope::device
