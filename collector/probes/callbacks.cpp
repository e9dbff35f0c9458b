// SPDX-License-Identifier: Apache-2.0
// How the address of a callback becomes two attached programs.
#include "collector/probes/callbacks.h"

#include <array>

namespace mirrorscope {

namespace {

// The templates of bpf/kernel/callback.bpf.c and bpf/kernel/list_callback.bpf.c for each kind: entry and return.
struct Templates {
  const char *entry, *exit;
};
constexpr std::array<Templates, 6> templates = {{
    {"cb_enter", "cb_ret"},            // MS_invalidate
    {"cb_enter", "cb_ret__two_pass"},  // MS_invalidate_start
    {"cb_finish", "cb_finish_ret"},    // MS_invalidate_finish
    {"hl_start", "hl_start_ret"},      // MS_range_start
    {"hl_end", "hl_end_ret"},          // MS_range_end
    {"hl_release", "hl_release_ret"},  // MS_release
}};

// Those of bpf/counters/tally_callback.bpf.c.
constexpr std::array<Templates, 6> counting = {{
    {"tally_cb", "tally_cb_ret"},
    {"tally_cb", "tally_cb_ret"},
    {"tally_finish", "tally_finish_ret"},
    {"tally_hl_start", "tally_hl_start_ret"},
    {"tally_hl_end", "tally_hl_end_ret"},
    {"tally_hl_release", "tally_hl_release_ret"},
}};

// The types that the templates' plain loads rely on.
constexpr std::array<Prototype, 6> prototypes = {Prototype::invalidate,        Prototype::invalidate_start,
                                                 Prototype::invalidate_finish, Prototype::range_start,
                                                 Prototype::range_end,         Prototype::release};

}  // namespace

void Callbacks::watch(Place place, ms_callback kind, Kernel& kernel, std::vector<Probe>& made) {
  uint32_t& kinds = known_[place.callback];
  if (kinds >> kind & 1) return;
  kinds |= 1u << kind;
  // Another prototype: the verifier would not accept the loads. Two functions of one name: a trampoline would go to the
  // first.
  if (place.btf && place.btf->prototype != prototypes[kind]) place.btf = nullptr;
  // On 7.2 a trampoline on kvm_mmu_notifier_invalidate_range_end() is accepted and never runs, bpftrace's neither; a kprobe does.
  if (kind == MS_range_end) place.btf = nullptr;
  const Templates& names = (tally_ ? counting : templates)[kind];
  for (const std::string name : {names.entry, names.exit})
    made.emplace_back(kernel.text(name), kernel.text(name + "__kp"), place);
}

void Callbacks::at(uint64_t function, ms_callback kind, Kernel& kernel, std::vector<Probe>& made) {
  if (!function) return;
  if (const auto known = known_.find(function); known != known_.end() && known->second >> kind & 1) return;
  Place place;
  place.address = place.callback = function;
  if (kernel.symbols)
    if (auto symbol = kernel.symbols->starting_at(function)) {
      place.function = symbol->name;
      place.module = symbol->module;
      size_t same = 0;
      for (const Symbol& other : kernel.symbols->named(symbol->name)) same += other.module == symbol->module;
      if (kernel.btf && same == 1) {
        place.btf = kernel.btf->function(symbol->name, symbol->module);
        if (!place.btf && !symbol->module.empty()) {
          kernel.btf->learn_new_modules();
          place.btf = kernel.btf->function(symbol->name, symbol->module);
        }
      }
    }
  watch(std::move(place), kind, kernel, made);
}

std::vector<Probe> Callbacks::by_prototype(Kernel& kernel) {
  std::vector<Probe> made;
  if (!kernel.btf || !kernel.symbols) return made;
  for (const BtfFunction* f : kernel.btf->callbacks())
    if (const auto address = kernel.symbols->address_of(f->name, f->module))
      for (size_t kind = 0; kind < prototypes.size(); ++kind)
        if (prototypes[kind] == f->prototype) at(*address, static_cast<ms_callback>(kind), kernel, made);
  return made;
}

std::vector<Probe> Callbacks::in(const ev_header& record, Kernel& kernel) {
  std::vector<Probe> made;
  const auto sub = [&](uint64_t first, uint64_t finish) {
    at(first, finish ? MS_invalidate_start : MS_invalidate, kernel, made);
    at(finish, MS_invalidate_finish, kernel, made);
  };
  const auto notifier = [&](uint64_t start, uint64_t end, uint64_t release) {
    at(start, MS_range_start, kernel, made);
    at(end, MS_range_end, kernel, made);
    at(release, MS_release, kernel, made);
  };
  if (record.id == EV_sub_insert_ret) {
    const auto& e = reinterpret_cast<const ev_sub_insert_ret&>(record);
    if (e.ret == 0) sub(e.invalidate, e.finish);
  } else if (record.id == EV_sub_seen) {
    const auto& e = reinterpret_cast<const ev_sub_seen&>(record);
    sub(e.invalidate, e.finish);
  } else if (record.id == EV_mn_register_ret) {
    const auto& e = reinterpret_cast<const ev_mn_register_ret&>(record);
    if (e.ret == 0 && e.sub) notifier(e.start_fn, e.end_fn, e.release_fn);
  } else if (record.id == EV_mn_seen) {
    const auto& e = reinterpret_cast<const ev_mn_seen&>(record);
    notifier(e.start_fn, e.end_fn, e.release_fn);
  }
  return made;
}

}  // namespace mirrorscope
