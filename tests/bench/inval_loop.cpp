// SPDX-License-Identifier: Apache-2.0
// What does one invalidation cost? inval_loop N: an mm with an empty KVM VM as its notifier, N times MADV_DONTNEED; prints ns for each.
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  const int n = argc > 1 ? std::atoi(argv[1]) : 10000;
  const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm < 0 || ioctl(kvm, KVM_CREATE_VM, 0) < 0) return std::fprintf(stderr, "inval_loop: no /dev/kvm\n"), 2;
  auto* page = static_cast<volatile char*>(mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  timespec a, b;
  for (int i = 0; i < 100; ++i) madvise(const_cast<char*>(page), 4096, MADV_DONTNEED);
  clock_gettime(CLOCK_MONOTONIC, &a);
  for (int i = 0; i < n; ++i) madvise(const_cast<char*>(page), 4096, MADV_DONTNEED);
  clock_gettime(CLOCK_MONOTONIC, &b);
  const int64_t ns = (b.tv_sec - a.tv_sec) * 1'000'000'000ll + b.tv_nsec - a.tv_nsec;
  std::printf("%lld\n", static_cast<long long>(ns / n));
  return 0;
}
