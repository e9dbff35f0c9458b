// SPDX-License-Identifier: Apache-2.0
// How are buffers registered with io_uring and used, without liburing?
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>

#include "cli.h"

struct io_uring_sqe;
struct io_uring_cqe;

namespace lab {

// A ring of one request at a time: what matters here is the pin of a registered buffer, not throughput.
class Uring {
 public:
  Uring() = default;
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;
  ~Uring();

  Problem open();
  // IORING_REGISTER_BUFFERS pins the pages for long (FOLL_PIN | FOLL_LONGTERM) until unregistered. 0 or an errno.
  int register_buffers(const iovec* buffers, unsigned n) const;
  int unregister_buffers() const;
  // Reads or writes through registered buffer `index`. Bytes moved, or a negative errno.
  int transfer(bool write, int fd, void* at, std::size_t len, std::uint64_t offset, unsigned index);

 private:
  int fd_ = -1;
  void *rings_ = nullptr, *entries_ = nullptr;
  std::size_t rings_size_ = 0, entries_size_ = 0;
  unsigned *sq_tail_ = nullptr, *sq_mask_ = nullptr, *sq_array_ = nullptr;
  unsigned *cq_head_ = nullptr, *cq_tail_ = nullptr, *cq_mask_ = nullptr;
  io_uring_sqe* sqes_ = nullptr;
  io_uring_cqe* cqes_ = nullptr;
};

}  // namespace lab
