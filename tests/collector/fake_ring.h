// SPDX-License-Identifier: Apache-2.0
// What a ring looks like when a test plays the kernel: reserve, submit, discard, full.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>
#include <optional>

#include "collector/stream/ring.h"

namespace mirrorscope::testing {

class FakeRing {
 public:
  explicit FakeRing(uint64_t size) : size_(size), consumer_(0), producer_(0) {
    const int fd = memfd_create("ring", 0);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(size))) throw std::bad_alloc();
    data_ = static_cast<std::byte*>(mmap(nullptr, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    for (uint64_t half : {uint64_t{0}, size})
      mmap(data_ + half, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
    close(fd);
  }
  ~FakeRing() { munmap(data_, 2 * size_); }
  FakeRing(const FakeRing&) = delete;

  RingMemory memory() {
    RingMemory m;
    m.consumer = &consumer_;
    m.producer = &producer_;
    m.data = data_;
    m.size = size_;
    return m;
  }

  // As bpf_ringbuf_reserve(): null when there is no room. What comes back is where the record's bytes go.
  std::byte* reserve(uint32_t length) {
    const uint64_t need = (length + 8 + 7) & ~uint64_t{7};
    const uint64_t at = producer_.load();
    if (at + need - consumer_.load() > size_ - 1) return nullptr;
    std::byte* header = data_ + (at & (size_ - 1));
    word(header).store(length | 1u << 31);
    producer_.store(at + need);
    return header + 8;
  }
  void submit(std::byte* record) { word(record - 8).fetch_and(~(1u << 31)); }
  void discard(std::byte* record) {
    word(record - 8).fetch_or(1u << 30);
    submit(record);
  }

 private:
  static std::atomic<uint32_t>& word(std::byte* header) { return *reinterpret_cast<std::atomic<uint32_t>*>(header); }

  uint64_t size_;
  std::atomic<uint64_t> consumer_, producer_;
  std::byte* data_;
};

}  // namespace mirrorscope::testing
