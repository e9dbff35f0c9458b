// SPDX-License-Identifier: Apache-2.0
// How does a process get a KVM virtual machine, if only to have an mmu notifier on its address space?
#pragma once

#include <cstddef>
#include <cstdint>

#include "cli.h"

struct kvm_run;

namespace lab {

// KVM_CREATE_VM registers an mmu_notifier for the caller's mm (virt/kvm/kvm_main.c: kvm_init_mmu_notifier), even
// without any memory: an mm that has only pinned registrations sends no notifications at all, with this it does.
class KvmVm {
 public:
  KvmVm() = default;
  KvmVm(const KvmVm&) = delete;
  KvmVm& operator=(const KvmVm&) = delete;
  ~KvmVm();

  Problem open();
  Problem add_memory(unsigned slot, std::uint64_t guest_address, void* at, std::size_t size);
  // One vCPU in 32-bit protected mode without paging: flat segments, so it reaches every memory slot below 4 GiB.
  Problem add_vcpu(std::uint32_t entry);

  int vcpu() const { return vcpu_; }
  kvm_run* state() const { return run_; }

 private:
  int kvm_ = -1, vm_ = -1, vcpu_ = -1;
  kvm_run* run_ = nullptr;
  std::size_t run_size_ = 0;
};

}  // namespace lab
