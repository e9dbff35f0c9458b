// SPDX-License-Identifier: Apache-2.0
// How a process makes the kernel invalidate its own memory.
#include "driver-model/kernel/client/memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace mirrorscope::device {
namespace {

constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS;
constexpr int kUsable = PROT_READ | PROT_WRITE;
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

void must(bool ok, const char* what) {
  if (ok) return;
  perror(what);
  abort();
}

// A child shares every page until one of the two writes.
void fork_write(char* at, size_t bytes) {
  const pid_t child = fork();
  must(child >= 0, "fork");
  if (child == 0) {
    for (size_t i = 0; i < bytes; i += kPage) *reinterpret_cast<volatile uint64_t*>(at + i + 256) = 1;
    _exit(0);
  }
  for (size_t i = 0; i < bytes; i += kPage) *reinterpret_cast<volatile uint64_t*>(at + i + 256) = 2;
  must(waitpid(child, nullptr, 0) == child, "waitpid");
}

// What earlier deeds have left may be several VMAs, which one mremap() moves since 6.17.
void move(char* from, size_t bytes, char* to) {
  const auto moved = [](char* at, size_t n, char* there) { return mremap(at, n, n, MREMAP_MAYMOVE | MREMAP_FIXED, there) == there; };
  if (moved(from, bytes, to)) return;
  must(errno == EFAULT, "mremap");
  for (size_t i = 0; i < bytes; i += kPage) must(moved(from + i, kPage, to + i), "mremap");
}

void compact() {
  const int fd = open("/proc/sys/vm/compact_memory", O_WRONLY);
  if (fd < 0) return;
  if (write(fd, "1", 1) != 1) perror("compact_memory");
  close(fd);
}

}  // namespace

namespace {
// Far below where mmap() looks for room: nothing else is put into the hole that a munmap() leaves for a moment. Aligned for huge pages.
uintptr_t next_room() {
  static std::atomic<uintptr_t> next{0x100000000000};
  return next.fetch_add(uintptr_t{1} << 30);
}
}  // namespace

Memory::Memory(size_t pages) : Memory(next_room(), pages) {}

Memory::Memory(uintptr_t at, size_t pages) : base_(reinterpret_cast<char*>(at)), pages_(pages) {
  must(mmap(base_, bytes(), kUsable, kAnonymous | MAP_FIXED_NOREPLACE, -1, 0) == base_, "mmap");
  touch(0, pages_, 1);
}

Memory::~Memory() { munmap(base_, bytes()); }

void Memory::touch(size_t first, size_t n, uint64_t value) const {
  for (size_t i = first; i < first + n; ++i) *reinterpret_cast<volatile uint64_t*>(page(i) + 64) = value;
}

std::string_view to_string(Deed deed) {
  constexpr std::string_view kNames[] = {"remap", "munmap", "dontneed", "protect", "fork_write", "pageout", "huge", "mremap", "compact"};
  return kNames[static_cast<size_t>(deed)];
}

void does(const Memory& memory, Deed deed, size_t first, size_t n, std::mt19937& random) {
  char* at = memory.page(first);
  const size_t bytes = n * kPage;
  switch (deed) {
    case Deed::remap:
      must(mmap(at, bytes, kUsable, kAnonymous | MAP_FIXED, -1, 0) == at, "mmap");
      break;
    case Deed::munmap:
      must(munmap(at, bytes) == 0, "munmap");
      must(mmap(at, bytes, kUsable, kAnonymous | MAP_FIXED, -1, 0) == at, "mmap");
      break;
    case Deed::dontneed:
      must(madvise(at, bytes, MADV_DONTNEED) == 0, "madvise");
      break;
    case Deed::protect:
      must(mprotect(at, bytes, PROT_READ) == 0, "mprotect");
      must(mprotect(at, bytes, kUsable) == 0, "mprotect");
      break;
    case Deed::fork_write: fork_write(at, bytes); break;
    case Deed::pageout: madvise(at, bytes, MADV_PAGEOUT); break;  // without swap it does nothing
    case Deed::huge:  // a huge page where there is room for one, and its split
      madvise(memory.begin(), memory.bytes(), MADV_HUGEPAGE);
      must(madvise(at, bytes, MADV_DONTNEED) == 0, "madvise");
      break;
    case Deed::mremap: {
      char* to = static_cast<char*>(mmap(nullptr, bytes, PROT_NONE, kAnonymous, -1, 0));
      must(to != static_cast<char*>(MAP_FAILED), "mmap");
      move(at, bytes, to);
      must(mmap(at, bytes, kUsable, kAnonymous | MAP_FIXED, -1, 0) == at, "mmap");
      munmap(to, bytes);
      break;
    }
    case Deed::compact: compact(); break;
    case Deed::kDeeds: break;
  }
  memory.touch(first, n, random());
}

}  // namespace mirrorscope::device
