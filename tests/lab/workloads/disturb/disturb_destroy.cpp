// SPDX-License-Identifier: Apache-2.0
// Which changes of an address space take away access, or the data itself?
//
// Every disturber leaves its range mapped, readable and writable; what other threads see in between is the test.
#include <sched.h>
#include <sys/mman.h>

#include <cerrno>

#include "disturb/disturb.h"

namespace lab {

namespace {

constexpr int rw = PROT_READ | PROT_WRITE;

int result(int rc) { return rc ? errno : 0; }

// Long enough for a device access to land in the gap now and then, also where the vCPUs take turns.
void linger(Rng& rng) {
  if (rng.one_in(4)) sched_yield();
}

// PROT_VMA: no access, or only reading, for a moment.
int run_mprotect(const Target& t) {
  if (mprotect(t.range.at, t.range.len, t.rng.one_in(4) ? PROT_NONE : PROT_READ)) return errno;
  linger(t.rng);
  return result(mprotect(t.range.at, t.range.len, rw));
}

// UNMAP, and a real hole until the range is mapped again.
int run_munmap(const Target& t) {
  if (munmap(t.range.at, t.range.len)) return errno;
  linger(t.rng);
  return t.region.map(t.range) ? 0 : errno;
}

// UNMAP inside mmap (mm/vma.c): there is never a moment without a mapping.
int run_mapfixed(const Target& t) { return t.region.map(t.range) ? 0 : errno; }

// UNMAP of the old range by move_page_tables (mm/mremap.c), twice: away and back to the same place. The destination is
// silent.
int run_mremap(const Target& t) {
  auto* away = t.region.spare + t.region.offset_of(t.range.at);
  if (mremap(t.range.at, t.range.len, t.range.len, MREMAP_MAYMOVE | MREMAP_FIXED, away) == MAP_FAILED) return errno;
  linger(t.rng);
  if (mremap(away, t.range.len, t.range.len, MREMAP_MAYMOVE | MREMAP_FIXED, t.range.at) != MAP_FAILED) return 0;
  const int err = errno;  // another disturber was faster: fill the hole
  t.region.map(t.range);
  return err;
}

// CLEAR by zap_page_range / zap_vma_range (mm/memory.c).
int run_dontneed(const Target& t) { return result(madvise(t.range.at, t.range.len, MADV_DONTNEED)); }

// CLEAR of a few pages inside a huge page: splits it (mm/huge_memory.c).
int run_zapsplit(const Target& t) {
  const auto huge = t.region.offset_of(t.range.at) / huge_size * huge_size;
  auto* at = t.region.all.at + huge + (1 + t.rng.below(huge_size / page_size - 4)) * page_size;
  return result(madvise(at, 3 * page_size, MADV_DONTNEED));
}

// CLEAR by madvise_free_single_vma (mm/madvise.c); the pages go when memory is short.
int run_free(const Target& t) { return result(madvise(t.range.at, t.range.len, MADV_FREE)); }

// CLEAR by unmap_mapping_range: the file behind a shared mapping gets a hole. Private memory has no
// file; there it would be EINVAL.
int run_remove(const Target& t) {
  if (t.region.memfd < 0) return run_dontneed(t);
  return result(madvise(t.range.at, t.range.len, MADV_REMOVE));
}

constexpr Disturber table[] = {
    {"mprotect", Zone::guard, 12, "PROT_READ or PROT_NONE for a moment", run_mprotect},
    {"dontneed", Zone::wild, 24, "MADV_DONTNEED", run_dontneed},
    {"zapsplit", Zone::wild, 8, "MADV_DONTNEED inside a huge page", run_zapsplit},
    {"free", Zone::wild, 8, "MADV_FREE", run_free},
    {"remove", Zone::wild, 8, "MADV_REMOVE (a hole in shared memory)", run_remove},
    {"munmap", Zone::wild, 12, "munmap, a hole, map again", run_munmap},
    {"mapfixed", Zone::wild, 8, "map afresh over it", run_mapfixed},
    {"mremap", Zone::wild, 12, "move away and back", run_mremap},
};

}  // namespace

std::span<const Disturber> destroying_disturbers() { return table; }

}  // namespace lab
