// SPDX-License-Identifier: Apache-2.0
// How a probe is loaded and attached: the trampoline first, the kprobe if that is refused.
#include "collector/probes/probe.h"

#include <time.h>

#include <algorithm>
#include <cerrno>

#include "bpf/shared.h"
#include "schema/catalog.h"

namespace mirrorscope {

namespace {

uint32_t how_of(ProgramKind kind) {
  switch (kind) {
    case ProgramKind::fentry:
      return MS_probe_how_fentry;
    case ProgramKind::fexit:
      return MS_probe_how_fexit;
    case ProgramKind::kprobe:
      return MS_probe_how_kprobe;
    case ProgramKind::kretprobe:
      return MS_probe_how_kretprobe;
    case ProgramKind::tracepoint:
      return MS_probe_how_tracepoint;
    case ProgramKind::iterator:
      return MS_probe_how_iterator;
    case ProgramKind::uprobe:
      return MS_probe_how_uprobe;
    case ProgramKind::uretprobe:
      return MS_probe_how_uretprobe;
  }
  return MS_probe_how_absent;
}

}  // namespace

uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(now.tv_nsec);
}

const ProgramText* Kernel::text(std::string_view name) const {
  const auto found = std::find_if(texts.begin(), texts.end(), [&](const ProgramText& t) { return t.name == name; });
  return found == texts.end() ? nullptr : &*found;
}

Result<uint64_t> Kernel::keep_arguments(const std::string& function, uint64_t address, bool multi) {
  OwnedFd& program = multi ? save_call_multi_ : save_call_;
  if (!program) {
    ProgramTarget target;
    target.multi = multi;
    auto loaded = load_program(*text("save_call"), target);
    if (!loaded) return loaded.error();
    program = std::move(*loaded);
  }
  const uint64_t cookie = keepers_.size() + 1;
  auto link = multi ? attach_multi(program.get(), false, address, cookie)
                    : kprobes->attach(program.get(), false, address, function, cookie);
  if (!link) return link.error();
  keepers_.push_back(std::move(*link));
  return cookie;
}

Probe::Probe(const ProgramText* trampoline, const ProgramText* kprobe, Place place)
    : trampoline_(trampoline), kprobe_(kprobe), place_(std::move(place)) {
  const ProgramText* any = trampoline ? trampoline : kprobe;
  if (const EventInfo* event = event_named(any->event)) state_.event = event->id;
  state_.function = place_.function;
  state_.module = place_.module;
  state_.hook = any->hook;
  state_.address = place_.address;
  state_.how = MS_probe_how_absent;
}

void Probe::switch_off(std::string why) {
  state_.how = MS_probe_how_off;
  state_.why = std::move(why);
}

void Probe::withhold(std::string why) {
  detach();
  state_.how = MS_probe_how_withheld;
  state_.why = std::move(why);
}

void Probe::detach() {
  drop_spares();
  link_.close();
  program_.close();
  state_.program = 0;
  state_.fd = -1;
}

// The trampoline's refusal is the interesting one: it stays in front when the kprobe is refused as well.
void Probe::refused(const Error& error) {
  if (state_.how == MS_probe_how_refused) {
    if (state_.why.find(error.message) == std::string::npos) state_.why += "; and " + error.message;
    return;
  }
  state_.how = MS_probe_how_refused;
  state_.error = error.code;
  state_.why = error.message;
}

ProgramTarget Probe::target() const {
  ProgramTarget target;
  target.callback = place_.callback;
  target.multi = multi_;
  target.id = place_.tracepoint;
  target.group = state_.group;
  if (place_.btf) {
    target.object = place_.btf->object;
    target.id = place_.btf->id;
  }
  return target;
}

// Without programs behind it skipped runs are losses, nothing worse.
void Probe::load_spares(const ProgramText& text) {
  for (Spare& spare : spares_) {
    ProgramTarget where = target();
    if (&spare == &spares_.back()) where.group |= MS_LAST;
    auto program = load_program(text, where);
    if (!program) return drop_spares();
    spare.program = std::move(*program);
  }
}

// The trampoline runs first what was attached last (bpf_trampoline_link_prog(), hlist_add_head()).
void Probe::attach_spares() {
  for (auto spare = spares_.rbegin(); spare != spares_.rend() && spare->program; ++spare) {
    auto link = attach_tracing(spare->program.get());
    if (!link) return drop_spares();
    spare->link = std::move(*link);
  }
}

void Probe::drop_spares() {
  for (Spare& spare : spares_) {
    spare.link.close();
    spare.program.close();
  }
  state_.group = 0;
}

void Probe::image_links(std::vector<int>& fds) const {
  if (!place_.module.empty() || !place_.file.empty()) return;
  if (link_) fds.push_back(link_.get());
  for (const Spare& spare : spares_)
    if (spare.link) fds.push_back(spare.link.get());
}

bool Probe::load_as(const ProgramText& text) {
  auto program = load_program(text, target());
  if (!program) {
    refused(program.error());
    return false;
  }
  program_ = std::move(*program);
  loaded_ = &text;
  return true;
}

bool Probe::load_kprobe(Kernel& kernel) {
  if (!kprobe_ || state_.how == MS_probe_how_off) return false;
  if (!kernel.kprobes) {
    refused(kernel.kprobes_error);
    return false;
  }
  return load_as(*kprobe_);
}

void Probe::load(Kernel& kernel) {
  if (state_.how == MS_probe_how_off) return;
  if (trampoline_ && is_in_user_space(*trampoline_)) {
    if (place_.file.empty())
      state_.why = "no file that was looked at has this function, or it is stripped of its names";
    else if (!kernel.uprobes)
      refused(kernel.uprobes_error);
    else
      load_as(*trampoline_);
    return;
  }
  if ((place_.tracepoint || (place_.btf && kernel.trampolines)) && trampoline_) {
    const ProgramText* again = kernel.text(trampoline_->name + "__again");
    if (again && !again->code.empty() && kernel.groups + 1 < MS_GROUPS) state_.group = ++kernel.groups;
    if (load_as(*trampoline_)) {
      if (state_.group) load_spares(*again);
      return;
    }
    state_.group = 0;
  }
  const bool known = !kernel.symbols || !kernel.symbols->has_addresses() || place_.address;
  if (trampoline_ && trampoline_->kind == ProgramKind::tracepoint) {
    if (!place_.tracepoint) state_.why = "this kernel has no such tracepoint";
    return;
  }
  if (!place_.btf && !known) {
    state_.why = "this kernel has no such function, or its module is not loaded";
    return;
  }
  if (!kprobe_) {
    if (state_.how == MS_probe_how_absent) state_.why = "this kernel has no type information for it";
    return;
  }
  load_kprobe(kernel);
}

void Probe::attach_uprobe(Kernel& kernel) {
  const bool at_return = loaded_->kind == ProgramKind::uretprobe;
  if (auto made = kernel.uprobes->attach(program_.get(), at_return, place_.file, place_.offset))
    return settled(std::move(*made));
  else
    refused(made.error());
  program_.close();
}

Result<OwnedFd> Probe::link_kprobe(Kernel& kernel) const {
  const bool at_return = loaded_->kind == ProgramKind::kretprobe;
  uint64_t cookie = 0;
  if (at_return) {
    auto kept = kernel.keep_arguments(place_.function, place_.address, multi_);
    if (!kept) return kept.error();
    cookie = *kept;
  }
  return multi_ ? attach_multi(program_.get(), at_return, place_.address, cookie)
                : kernel.kprobes->attach(program_.get(), at_return, place_.address, place_.function, cookie);
}

void Probe::attach(Kernel& kernel) {
  if (!program_) return;
  if (!place_.file.empty()) return attach_uprobe(kernel);
  if (loaded_ != trampoline_) return attach_kprobe(kernel);
  attach_spares();
  if (auto made = attach_tracing(program_.get()))
    return settled(std::move(*made));
  else
    refused(made.error());
  fall_back(kernel);
}

void Probe::verify(Kernel& kernel) {
  const bool trampoline = state_.how == MS_probe_how_fentry || state_.how == MS_probe_how_fexit;
  if (!trampoline || !kernel.patched || kernel.patched->has(place_.function)) return;
  refused(fail(0, "the kernel took the trampoline and did not put it into the function"));
  fall_back(kernel);
}

void Probe::fall_back(Kernel& kernel) {
  detach();
  if (load_kprobe(kernel)) attach_kprobe(kernel);
}

void Probe::attach_kprobe(Kernel& kernel) {
  auto made = link_kprobe(kernel);
  if (!made && (made.error().code == EACCES || made.error().code == EPERM) && place_.address) {
    multi_ = true;
    refused(made.error());
    if (load_as(*kprobe_)) made = link_kprobe(kernel);
  }
  if (made) return settled(std::move(*made));
  refused(made.error());
  program_.close();
}

void Probe::settled(OwnedFd link) {
  link_ = std::move(link);
  state_.how = how_of(loaded_->kind);
  state_.error = 0;
  state_.why.clear();
  state_.fd = program_.get();
  state_.program = program_id(program_.get());
  state_.since = monotonic_ns();
}

}  // namespace mirrorscope
