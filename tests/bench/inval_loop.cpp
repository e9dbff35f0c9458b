// SPDX-License-Identifier: Apache-2.0
// What does one invalidation cost? inval_loop N: an mm with an empty KVM VM as its notifier, N times MADV_DONTNEED. Prints for each the
// ns of this thread's own CPU time, in which probes run, and the ns that went by, which have the recorder's work in them on a single CPU.
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {
int64_t now(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return t.tv_sec * 1'000'000'000ll + t.tv_nsec;
}
}  // namespace

int main(int argc, char** argv) {
  const int n = argc > 1 ? std::atoi(argv[1]) : 10000;
  const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm < 0 || ioctl(kvm, KVM_CREATE_VM, 0) < 0) return std::fprintf(stderr, "inval_loop: no /dev/kvm\n"), 2;
  auto* page = static_cast<volatile char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (int i = 0; i < 100; ++i) madvise(const_cast<char*>(page), 4096, MADV_DONTNEED);
  const int64_t cpu = now(CLOCK_THREAD_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
  for (int i = 0; i < n; ++i) madvise(const_cast<char*>(page), 4096, MADV_DONTNEED);
  const int64_t cpu_after = now(CLOCK_THREAD_CPUTIME_ID), wall_after = now(CLOCK_MONOTONIC);
  std::printf("%lld %lld\n", static_cast<long long>((cpu_after - cpu) / n), static_cast<long long>((wall_after - wall) / n));
  return 0;
}
