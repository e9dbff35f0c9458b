// SPDX-License-Identifier: Apache-2.0
// How does a process get a KVM virtual machine, if only to have an mmu notifier on its address space?
#include "kvm/kvm_vm.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace lab {

KvmVm::~KvmVm() {
  if (run_) munmap(run_, run_size_);
  for (const int fd : {vcpu_, vm_, kvm_})
    if (fd >= 0) close(fd);
}

Problem KvmVm::open() {
  kvm_ = ::open("/dev/kvm", O_RDWR | O_CLOEXEC);
  if (kvm_ < 0)
    return sys_problem("opening /dev/kvm (in an emulated guest: -cpu max, then load irqbypass, kvm, ccp, kvm-amd)",
                       errno);
  vm_ = ioctl(kvm_, KVM_CREATE_VM, 0);
  return vm_ < 0 ? sys_problem("KVM_CREATE_VM", errno) : Problem{};
}

Problem KvmVm::add_memory(unsigned slot, std::uint64_t guest_address, void* at, std::size_t size) {
  const kvm_userspace_memory_region m{slot, 0, guest_address, size, std::uint64_t(at)};
  return ioctl(vm_, KVM_SET_USER_MEMORY_REGION, &m) ? sys_problem("giving memory to the virtual machine", errno)
                                                    : Problem{};
}

Problem KvmVm::add_vcpu(std::uint32_t entry) {
#ifdef __x86_64__
  vcpu_ = ioctl(vm_, KVM_CREATE_VCPU, 0);
  if (vcpu_ < 0) return sys_problem("KVM_CREATE_VCPU", errno);
  run_size_ = std::size_t(ioctl(kvm_, KVM_GET_VCPU_MMAP_SIZE, 0));
  void* state = mmap(nullptr, run_size_, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_, 0);
  if (state == MAP_FAILED) return sys_problem("mapping the vCPU's state", errno);
  run_ = static_cast<kvm_run*>(state);

  kvm_sregs s{};
  if (ioctl(vcpu_, KVM_GET_SREGS, &s)) return sys_problem("KVM_GET_SREGS", errno);
  kvm_segment flat{};
  flat.limit = 0xffffffff;
  flat.present = flat.s = flat.db = flat.g = 1;
  flat.type = 3;  // data, writable, accessed
  flat.selector = 2 << 3;
  s.ds = s.es = s.ss = s.fs = s.gs = flat;
  flat.type = 11;  // code, readable, accessed
  flat.selector = 1 << 3;
  s.cs = flat;
  s.cr0 |= 1;  // protection on, paging off
  if (ioctl(vcpu_, KVM_SET_SREGS, &s)) return sys_problem("KVM_SET_SREGS", errno);
  kvm_regs r{};
  r.rip = entry;
  r.rflags = 2;
  return ioctl(vcpu_, KVM_SET_REGS, &r) ? sys_problem("KVM_SET_REGS", errno) : Problem{};
#else
  (void)entry;
  return "the guest code of this workload is x86";
#endif
}

}  // namespace lab
