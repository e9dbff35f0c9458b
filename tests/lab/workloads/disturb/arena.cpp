// SPDX-License-Identifier: Apache-2.0
// Which memory is under test, and how much of its content may a disturber destroy?
#include "disturb/arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace lab {

namespace {

// Far below mmap_base: the kernel looks for free address space from the top (mm/mmap.c: vm_unmapped_area), so a hole
// that a disturber punches here is never handed to somebody else's mmap before it is filled again. Above ASan's shadow.
std::uint8_t* const arena_start = reinterpret_cast<std::uint8_t*>(0x200000000000ull);
constexpr std::size_t guard_gap = 64u << 20;  // a stray access past a region faults instead of meeting the next one

}  // namespace

bool Region::map(Range r) const {
  const int flags = MAP_FIXED | MAP_NORESERVE | (memfd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
  const auto offset = memfd < 0 ? 0 : off_t(offset_of(r.at));
  return mmap(r.at, r.len, PROT_READ | PROT_WRITE, flags, memfd, offset) != MAP_FAILED;
}

Problem Arena::add(Zone zone, std::size_t size, Backing backing) {
  if (!next_) next_ = arena_start;
  Region r{std::uint8_t(regions_.size()), zone, {next_, size}, nullptr, -1};
  r.spare = next_ + size + guard_gap;
  next_ = r.spare + size + guard_gap;
  if (backing == Backing::memfd) {
    r.memfd = memfd_create("workload", MFD_CLOEXEC);
    if (r.memfd < 0 || ftruncate(r.memfd, off_t(size))) return sys_problem("making a memfd for a shared region", errno);
  }
  // Reserved first without replacing: whatever else might be there is not ours to unmap.
  const int reserve = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
  if (mmap(r.all.at, size, PROT_NONE, reserve, -1, 0) == MAP_FAILED)
    return sys_problem("reserving address space", errno);
  if (!r.map(r.all)) return sys_problem("mapping a region under test", errno);
  regions_.push_back(r);
  return {};
}

Arena::~Arena() {
  for (auto& r : regions_) {
    munmap(r.all.at, r.all.len);
    munmap(r.spare, r.all.len);
    if (r.memfd >= 0) close(r.memfd);
  }
}

}  // namespace lab
