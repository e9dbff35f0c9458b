// SPDX-License-Identifier: Apache-2.0
// Which changes of an address space kill translations although data and access survive?
//
// A device that misses one of these works on a page that the process no longer sees: silent corruption. After each of
// them the data of a region must be exactly what it was.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "disturb/disturb.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // 6.1; Debian 12's headers do not have it yet
#endif

namespace lab {

namespace {

constexpr int rw = PROT_READ | PROT_WRITE;

int result(int rc) { return rc ? errno : 0; }

// Write faults without writing: no store of ours can race with the data of a device, and a hole is EFAULT, not SIGSEGV.
int touch(Range r) { return result(madvise(r.at, r.len, MADV_POPULATE_WRITE)); }

int write_once(const char* path, const char* text) {
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int err = write(fd, text, std::strlen(text)) < 0 ? errno : 0;
  close(fd);
  return err;
}

// PROT_VMA by change_pud_range (mm/mprotect.c): execute permission comes and goes, reading and writing stay allowed.
int run_mprotect_x(const Target& t) {
  if (mprotect(t.range.at, t.range.len, rw | PROT_EXEC)) return errno;
  return result(mprotect(t.range.at, t.range.len, rw));
}

// PROT_PAGE by copy_page_range (mm/memory.c), then CLEAR by wp_page_copy when the parent breaks the sharing.
int run_fork(const Target& t) {
  const pid_t child = fork();
  if (child < 0) return errno;
  if (child == 0) _exit(touch(t.range) ? 1 : 0);
  const int err = touch(t.range);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return err;
}

Range huge_part(const Target& t) {
  const auto at = t.region.offset_of(t.range.at) / huge_size * huge_size;
  return {t.region.all.at + at, huge_size};
}

// CLEAR by collapse_huge_page (mm/khugepaged.c); fails with EAGAIN/EBUSY on pinned pages, which is right.
int run_collapse(const Target& t) {
  const Range r = huge_part(t);
  if (madvise(r.at, r.len, MADV_HUGEPAGE)) return errno;
  return result(madvise(r.at, r.len, MADV_COLLAPSE));
}

// CLEAR by __split_huge_pmd (mm/huge_memory.c): one page in the middle gets another permission for a moment.
int run_split(const Target& t) {
  const Range r = huge_part(t);
  auto* one = r.at + (1 + t.rng.below(huge_size / page_size - 2)) * page_size;
  if (mprotect(one, page_size, rw | PROT_EXEC)) return errno;
  return result(mprotect(one, page_size, rw));
}

// CLEAR by try_to_unmap (mm/rmap.c) into the swap device; half of the time the CPU wants the data back at once.
int run_pageout(const Target& t) {
  if (madvise(t.range.at, t.range.len, MADV_PAGEOUT)) return errno;
  return t.rng.one_in(2) ? result(madvise(t.range.at, t.range.len, MADV_POPULATE_READ)) : 0;
}

const char* no_swap() {
  std::FILE* f = std::fopen("/proc/swaps", "re");
  if (!f) return "no /proc/swaps";
  int lines = 0;
  for (int c; (c = std::fgetc(f)) != EOF;) lines += c == '\n';
  std::fclose(f);
  return lines > 1 ? nullptr : "no swap device is on";
}

// SOFT_DIRTY over the whole address space (fs/proc/task_mmu.c: clear_refs_write).
int run_softdirty(const Target&) { return write_once("/proc/self/clear_refs", "4"); }

// CLEAR by try_to_migrate (mm/rmap.c), whole guest: expensive, so at most one in two seconds, whoever asks.
int run_compact(const Target&) {
  static std::atomic<time_t> last{0};
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  auto before = last.load();
  if (now.tv_sec - before < 2 || !last.compare_exchange_strong(before, now.tv_sec)) return EAGAIN;
  return write_once("/proc/sys/vm/compact_memory", "1");
}

const char* no_compaction() {
  return access("/proc/sys/vm/compact_memory", W_OK) ? "/proc/sys/vm/compact_memory is not writable" : nullptr;
}

// How many nodes have memory; nodes are numbered from 0 wherever this runs.
int memory_nodes() {
  static const int nodes = [] {
    std::FILE* f = std::fopen("/sys/devices/system/node/has_memory", "re");
    int last = 0, a = 0;
    char dash = 0;
    if (!f) return 1;
    if (std::fscanf(f, "%d%c%d", &a, &dash, &last) < 3) last = a;
    std::fclose(f);
    return last + 1;
  }();
  return nodes;
}

// CLEAR by try_to_migrate, exactly the pages asked for.
int run_migrate(const Target& t) {
  constexpr int most = 64;
  void* pages[most];
  int nodes[most], status[most];
  const int n = int(std::min<std::size_t>(most, t.range.len / page_size));
  const int to = int(t.rng.below(unsigned(memory_nodes())));
  for (int i = 0; i < n; i++) {
    pages[i] = t.range.at + std::size_t(i) * page_size;
    nodes[i] = to;
  }
  constexpr int mpol_mf_move = 2;  // linux/mempolicy.h, without libnuma's headers
  return syscall(SYS_move_pages, 0, n, pages, nodes, status, mpol_mf_move) < 0 ? errno : 0;
}

const char* one_node() { return memory_nodes() < 2 ? "one NUMA node only (boot with numa=fake=2)" : nullptr; }

constexpr Disturber table[] = {
    {"mprotect-x", Zone::keep, 24, "execute permission on and off", run_mprotect_x},
    {"split", Zone::keep, 10, "split a huge page by a permission in its middle", run_split},
    {"pageout", Zone::keep, 8, "MADV_PAGEOUT: swap out", run_pageout, no_swap},
    {"migrate", Zone::keep, 8, "move_pages to another NUMA node", run_migrate, one_node},
    {"collapse", Zone::keep, 3, "MADV_HUGEPAGE + MADV_COLLAPSE", run_collapse},
    {"fork", Zone::keep, 2, "fork; child and parent break the sharing", run_fork},
    {"softdirty", Zone::keep, 2, "clear soft-dirty bits of the whole process", run_softdirty},
    {"compact", Zone::keep, 1, "compact the machine's memory", run_compact, no_compaction},
};

}  // namespace

std::span<const Disturber> keeping_disturbers() { return table; }

}  // namespace lab
