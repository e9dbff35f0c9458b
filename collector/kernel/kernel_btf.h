// SPDX-License-Identifier: Apache-2.0
// What the running kernel says about its own functions: BTF of the kernel image and of every loaded module, with the
// fds that a program needs to attach to a module's function later, when the privilege to open them is gone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "trace/owned_fd.h"
#include "trace/result.h"

struct btf;

namespace mirrorscope {

// The function types by which drivers' callbacks are found without knowing the drivers.
enum class Prototype : uint8_t {
  other,
  invalidate,         // bool (struct mmu_interval_notifier *, const struct mmu_notifier_range *, unsigned long)
  invalidate_start,   // the same with struct mmu_interval_notifier_finish ** (two-pass)
  invalidate_finish,  // void (struct mmu_interval_notifier_finish *)
  range_start,        // int (struct mmu_notifier *, const struct mmu_notifier_range *)
  range_end,          // void (struct mmu_notifier *, const struct mmu_notifier_range *)
  release,            // void (struct mmu_notifier *, struct mm_struct *)
};

struct BtfFunction {
  int object = 0;   // fd of the module's BTF, 0 for the kernel image (what the kernel calls attach_btf_obj_fd)
  uint32_t id = 0;  // BTF id of the function
  Prototype prototype = Prototype::other;
  std::string name, module;
};

class KernelBtf {
 public:
  // Modules that cannot be read (CAP_SYS_ADMIN is needed, kernel/bpf/syscall.c: bpf_btf_get_fd_by_id) leave a reason in
  // modules_error().
  static Result<KernelBtf> open();
  KernelBtf(KernelBtf&&) noexcept;
  ~KernelBtf();

  // In the kernel image first, then in modules.
  const BtfFunction* function(std::string_view name) const;
  const BtfFunction* function(std::string_view name, std::string_view module) const;
  // The BTF id of a tracepoint's prototype, 0 if there is no such tracepoint.
  uint32_t tracepoint(std::string_view name) const;
  // Every function whose prototype is one of a callback's, except mm/mmu_notifier.c's own.
  std::vector<const BtfFunction*> callbacks() const;

  // Modules that were loaded since; without CAP_SYS_ADMIN nothing is learned and their functions get kprobes.
  void learn_new_modules();

  size_t modules() const { return objects_.size(); }
  const Error& modules_error() const { return modules_error_; }

 private:
  struct FreeBtf {
    void operator()(btf* b) const;
  };
  using Btf = std::unique_ptr<btf, FreeBtf>;

  KernelBtf();
  void index(const btf* types, uint32_t first, int object, const std::string& module);

  Btf vmlinux_;
  std::vector<OwnedFd> objects_;
  uint32_t last_id_ = 0;  // of the BTF objects that were looked at
  Error modules_error_;
  std::unordered_multimap<std::string, BtfFunction> functions_;
  std::unordered_map<std::string, uint32_t> tracepoints_;
};

}  // namespace mirrorscope
