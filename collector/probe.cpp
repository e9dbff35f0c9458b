// SPDX-License-Identifier: Apache-2.0
// How a probe is loaded and attached: the trampoline first, the kprobe if that is refused.
#include "collector/probe.h"

#include <time.h>

#include <algorithm>

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

Result<uint64_t> Kernel::keep_arguments(const std::string& function, uint64_t address) {
  if (!save_call_) {
    auto program = load_program(*text("save_call"), {});
    if (!program) return program.error();
    save_call_ = std::move(*program);
  }
  const uint64_t cookie = keepers_.size() + 1;
  auto link = kprobes->attach(save_call_.get(), false, address, function, cookie);
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
  state_.address = place_.address;
  state_.how = MS_probe_how_absent;
}

void Probe::switch_off(std::string why) {
  state_.how = MS_probe_how_off;
  state_.why = std::move(why);
}

// The trampoline's refusal is the interesting one: it stays in front when the kprobe is refused as well.
void Probe::refused(const Error& error) {
  if (state_.how == MS_probe_how_refused) {
    state_.why += "; and " + error.message;
    return;
  }
  state_.how = MS_probe_how_refused;
  state_.error = error.code;
  state_.why = error.message;
}

bool Probe::load_as(const ProgramText& text) {
  ProgramTarget target;
  target.callback = place_.callback;
  target.id = place_.tracepoint;
  if (place_.btf) {
    target.object = place_.btf->object;
    target.id = place_.btf->id;
  }
  auto program = load_program(text, target);
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
  if ((place_.tracepoint || (place_.btf && kernel.trampolines)) && trampoline_ && load_as(*trampoline_)) return;
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

Result<OwnedFd> Probe::link(Kernel& kernel) const {
  switch (loaded_->kind) {
    case ProgramKind::kprobe:
      return kernel.kprobes->attach(program_.get(), false, place_.address, place_.function, 0);
    case ProgramKind::kretprobe: {
      auto cookie = kernel.keep_arguments(place_.function, place_.address);
      if (!cookie) return cookie.error();
      return kernel.kprobes->attach(program_.get(), true, place_.address, place_.function, *cookie);
    }
    default:
      return attach_tracing(program_.get());
  }
}

void Probe::attach(Kernel& kernel) {
  if (!program_) return;
  auto made = link(kernel);
  if (!made && loaded_ == trampoline_) {
    refused(made.error());
    program_.close();
    if (!load_kprobe(kernel)) return;
    made = link(kernel);
  }
  if (!made) {
    refused(made.error());
    program_.close();
    return;
  }
  link_ = std::move(*made);
  state_.how = how_of(loaded_->kind);
  state_.error = 0;
  state_.why.clear();
  state_.fd = program_.get();
  state_.program = program_id(program_.get());
  state_.since = monotonic_ns();
}

}  // namespace mirrorscope
