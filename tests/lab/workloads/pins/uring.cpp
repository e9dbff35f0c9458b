// SPDX-License-Identifier: Apache-2.0
// How are buffers registered with io_uring and used, without liburing?
#include "pins/uring.h"

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace lab {

Uring::~Uring() {
  if (rings_) munmap(rings_, rings_size_);
  if (entries_) munmap(entries_, entries_size_);
  if (fd_ >= 0) close(fd_);
}

Problem Uring::open() {
  io_uring_params p{};
  fd_ = int(syscall(SYS_io_uring_setup, 4, &p));
  if (fd_ < 0) return sys_problem("setting up io_uring", errno);
  // Both rings are one mapping since 5.4 (IORING_FEAT_SINGLE_MMAP).
  rings_size_ =
      std::max(p.sq_off.array + p.sq_entries * sizeof(unsigned), p.cq_off.cqes + p.cq_entries * sizeof(io_uring_cqe));
  entries_size_ = p.sq_entries * sizeof(io_uring_sqe);
  constexpr int rw = PROT_READ | PROT_WRITE;
  void* rings = mmap(nullptr, rings_size_, rw, MAP_SHARED | MAP_POPULATE, fd_, IORING_OFF_SQ_RING);
  if (rings == MAP_FAILED) return sys_problem("mapping io_uring's rings", errno);
  rings_ = rings;
  void* entries = mmap(nullptr, entries_size_, rw, MAP_SHARED | MAP_POPULATE, fd_, IORING_OFF_SQES);
  if (entries == MAP_FAILED) return sys_problem("mapping io_uring's entries", errno);
  entries_ = entries;
  const auto at = [this](unsigned offset) { return reinterpret_cast<unsigned*>(static_cast<char*>(rings_) + offset); };
  sq_tail_ = at(p.sq_off.tail);
  sq_mask_ = at(p.sq_off.ring_mask);
  sq_array_ = at(p.sq_off.array);
  cq_head_ = at(p.cq_off.head);
  cq_tail_ = at(p.cq_off.tail);
  cq_mask_ = at(p.cq_off.ring_mask);
  sqes_ = static_cast<io_uring_sqe*>(entries_);
  cqes_ = reinterpret_cast<io_uring_cqe*>(at(p.cq_off.cqes));
  return {};
}

int Uring::register_buffers(const iovec* buffers, unsigned n) const {
  return syscall(SYS_io_uring_register, fd_, IORING_REGISTER_BUFFERS, buffers, n) ? errno : 0;
}

int Uring::unregister_buffers() const {
  return syscall(SYS_io_uring_register, fd_, IORING_UNREGISTER_BUFFERS, nullptr, 0) ? errno : 0;
}

int Uring::transfer(bool write, int fd, void* at, std::size_t len, std::uint64_t offset, unsigned index) {
  const unsigned tail = *sq_tail_, slot = tail & *sq_mask_;
  sqes_[slot] = {};
  auto& e = sqes_[slot];
  e.opcode = write ? IORING_OP_WRITE_FIXED : IORING_OP_READ_FIXED;
  e.fd = fd;
  e.addr = std::uint64_t(at);
  e.len = unsigned(len);
  e.off = offset;
  e.buf_index = std::uint16_t(index);
  sq_array_[slot] = slot;
  __atomic_store_n(sq_tail_, tail + 1, __ATOMIC_RELEASE);
  unsigned submit = 1;
  for (;;) {
    const auto n = syscall(SYS_io_uring_enter, fd_, submit, 1, IORING_ENTER_GETEVENTS, nullptr, 0);
    if (n < 0 && errno != EINTR) return -errno;
    if (n > 0) submit = 0;
    const unsigned head = *cq_head_;
    if (head == __atomic_load_n(cq_tail_, __ATOMIC_ACQUIRE)) continue;
    const int result = cqes_[head & *cq_mask_].res;
    __atomic_store_n(cq_head_, head + 1, __ATOMIC_RELEASE);
    return result;
  }
}

}  // namespace lab
