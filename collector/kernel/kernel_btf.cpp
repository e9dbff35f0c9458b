// SPDX-License-Identifier: Apache-2.0
// How BTF is read into a table of functions, and how the callbacks among them are told by their prototype.
#include "collector/kernel/kernel_btf.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include <cerrno>
#include <map>

namespace mirrorscope {

namespace {

std::string_view name_of(const btf* types, uint32_t offset) {
  const char* name = btf__name_by_offset(types, offset);
  return name ? name : "";
}

// The struct behind `depth` pointers, const ignored; empty if it is something else.
std::string_view struct_behind(const btf* types, uint32_t id, int depth) {
  for (;;) {
    const btf_type* type = btf__type_by_id(types, id);
    if (!type) return {};
    if (btf_is_const(type)) {
      id = type->type;
    } else if (btf_is_ptr(type)) {
      if (depth-- == 0) return {};
      id = type->type;
    } else {
      return depth == 0 && (btf_is_struct(type) || btf_is_fwd(type)) ? name_of(types, type->name_off) : "";
    }
  }
}

bool is_named(const btf* types, uint32_t id, std::string_view name) {
  const btf_type* type = btf__type_by_id(types, id);
  while (type && btf_is_typedef(type) && name_of(types, type->name_off) != name)
    type = btf__type_by_id(types, type->type);
  return type && name_of(types, type->name_off) == name;
}

Prototype classify(const btf* types, const btf_type* proto) {
  const uint32_t n = btf_vlen(proto);
  const btf_param* p = btf_params(proto);
  const bool is_void = proto->type == 0;
  const auto first = n > 0 ? struct_behind(types, p[0].type, 1) : std::string_view{};
  const auto second = n > 1 ? struct_behind(types, p[1].type, 1) : std::string_view{};

  if (first == "mmu_interval_notifier" && second == "mmu_notifier_range" && !is_void &&
      (is_named(types, proto->type, "bool") || is_named(types, proto->type, "_Bool"))) {
    if (n == 3) return Prototype::invalidate;
    if (n == 4 && struct_behind(types, p[3].type, 2) == "mmu_interval_notifier_finish")
      return Prototype::invalidate_start;
  }
  if (first == "mmu_interval_notifier_finish" && n == 1 && is_void) return Prototype::invalidate_finish;
  if (first == "mmu_notifier" && n == 2) {
    if (second == "mmu_notifier_range") {
      if (is_void) return Prototype::range_end;
      if (is_named(types, proto->type, "int")) return Prototype::range_start;
    }
    if (second == "mm_struct" && is_void) return Prototype::release;
  }
  return Prototype::other;
}

// mm/mmu_notifier.c has functions of its own with a callback's prototype: mmu_notifier_unregister().
bool is_core(const BtfFunction& f) {
  return f.module.empty() && (f.name.starts_with("mmu_notifier_") || f.name.starts_with("__mmu_notifier_") ||
                              f.name.starts_with("mmu_interval_") || f.name.starts_with("mn_"));
}

}  // namespace

void KernelBtf::FreeBtf::operator()(btf* b) const { btf__free(b); }
KernelBtf::KernelBtf() = default;
KernelBtf::KernelBtf(KernelBtf&&) noexcept = default;
KernelBtf::~KernelBtf() = default;

Result<KernelBtf> KernelBtf::open() {
  KernelBtf kernel;
  kernel.vmlinux_ = Btf(btf__load_vmlinux_btf());
  if (!kernel.vmlinux_)
    return fail(errno, "this kernel has no readable BTF (/sys/kernel/btf/vmlinux, CONFIG_DEBUG_INFO_BTF)");
  kernel.index(kernel.vmlinux_.get(), 1, 0, "");
  kernel.learn_new_modules();
  return kernel;
}

void KernelBtf::index(const btf* types, uint32_t first, int object, const std::string& module) {
  std::map<uint32_t, Prototype> prototypes;
  for (uint32_t id = first; id < btf__type_cnt(types); ++id) {
    const btf_type* type = btf__type_by_id(types, id);
    if (btf_is_func(type)) {
      auto [known, added] = prototypes.try_emplace(type->type, Prototype::other);
      if (added) known->second = classify(types, btf__type_by_id(types, type->type));
      std::string name(name_of(types, type->name_off));
      functions_.emplace(name, BtfFunction{object, id, known->second, name, module});
    } else if (module.empty() && btf_is_typedef(type)) {
      const std::string_view name = name_of(types, type->name_off);
      if (name.starts_with("btf_trace_")) tracepoints_.emplace(name.substr(sizeof("btf_trace_") - 1), id);
    }
  }
}

void KernelBtf::learn_new_modules() {
  for (;;) {
    uint32_t id = 0;
    if (bpf_btf_get_next_id(last_id_, &id)) {
      if (errno != ENOENT) modules_error_ = fail(errno, "cannot list the BTF of modules");
      return;
    }
    OwnedFd fd(bpf_btf_get_fd_by_id(id));
    if (!fd) {
      if (errno == ENOENT) {  // unloaded meanwhile
        last_id_ = id;
        continue;
      }
      modules_error_ = fail(errno, "cannot open the BTF of modules");
      return;
    }
    last_id_ = id;
    char name[64] = {};
    bpf_btf_info info = {};
    uint32_t size = sizeof info;
    info.name = reinterpret_cast<uintptr_t>(name);
    info.name_len = sizeof name;
    if (bpf_obj_get_info_by_fd(fd.get(), &info, &size) || !info.kernel_btf || std::string_view(name) == "vmlinux")
      continue;
    const Btf types(btf__load_from_kernel_by_id_split(id, vmlinux_.get()));
    if (!types) continue;  // a module without usable BTF: its functions get kprobes
    index(types.get(), btf__type_cnt(vmlinux_.get()), fd.get(), name);
    objects_.push_back(std::move(fd));
  }
}

const BtfFunction* KernelBtf::function(std::string_view name, std::string_view module) const {
  const auto [first, last] = functions_.equal_range(std::string(name));
  for (auto it = first; it != last; ++it)
    if (it->second.module == module) return &it->second;
  return nullptr;
}

const BtfFunction* KernelBtf::function(std::string_view name) const {
  if (const BtfFunction* f = function(name, "")) return f;
  const auto it = functions_.find(std::string(name));
  return it == functions_.end() ? nullptr : &it->second;
}

uint32_t KernelBtf::tracepoint(std::string_view name) const {
  const auto it = tracepoints_.find(std::string(name));
  return it == tracepoints_.end() ? 0 : it->second;
}

std::vector<const BtfFunction*> KernelBtf::callbacks() const {
  std::vector<const BtfFunction*> found;
  for (const auto& [name, f] : functions_)
    if (f.prototype != Prototype::other && !is_core(f)) found.push_back(&f);
  return found;
}

}  // namespace mirrorscope
