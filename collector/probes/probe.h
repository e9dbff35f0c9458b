// SPDX-License-Identifier: Apache-2.0
// One event at one function: which program is loaded for it, how it is attached, and what is said when neither works.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/kernel/kernel_btf.h"
#include "collector/kernel/patched.h"
#include "collector/kernel/symbols.h"
#include "collector/probes/attach.h"
#include "collector/probes/probe_state.h"
#include "collector/probes/programs.h"

namespace mirrorscope {

// What there is to attach to, and with.
struct Kernel {
  std::optional<KernelBtf> btf;  // none: only kprobes
  Error btf_error;
  std::optional<Symbols> symbols;
  Error symbols_error;
  std::optional<Kprobes> kprobes;
  Error kprobes_error;
  std::optional<Uprobes> uprobes;
  Error uprobes_error;
  std::optional<Patched> patched;  // none: links are believed
  std::vector<ProgramText> texts;
  bool trampolines = true;

  bool preemptible = true;  // so that programs need others behind them
  uint32_t groups = 0;      // groups of programs that have been given a number
  const ProgramText* text(std::string_view name) const;

  // From now on the arguments of this function are kept until it returns; gives the cookie by which its kretprobe finds
  // them.
  Result<uint64_t> keep_arguments(const std::string& function, uint64_t address, bool multi);

 private:
  OwnedFd save_call_, save_call_multi_;
  std::vector<OwnedFd> keepers_;
};

// Where a program shall sit.
struct Place {
  std::string function, module;
  uint64_t address = 0;              // 0 if unknown
  const BtfFunction* btf = nullptr;  // none: a kprobe is the only way
  uint32_t tracepoint = 0;           // BTF id of a tracepoint
  uint64_t callback = 0;             // for templates: the ops pointer
  std::string file;                  // of a function in user space: the file,
  uint64_t offset = 0;               // and where in it
};

class Probe {
 public:
  // trampoline and kprobe are two forms of one program, either may be missing.
  Probe(const ProgramText* trampoline, const ProgramText* kprobe, Place place);

  // The trampoline form if the function has one, else the kprobe form.
  void load(Kernel& kernel);
  // If the trampoline cannot be attached, the kprobe form is tried: by perf, then by fprobe.
  void attach(Kernel& kernel);
  // After kernel.patched was read again: a trampoline that the kernel did not put in is replaced by a kprobe.
  void verify(Kernel& kernel);
  // Not wanted.
  void switch_off(std::string why);
  // Detached: its hook is not whole.
  void withhold(std::string why);

  const ProbeState& state() const { return state_; }
  // Its links, if it is in the kernel image: who holds one of a module's function holds the module.
  void image_links(std::vector<int>& fds) const;

 private:
  bool load_as(const ProgramText& text);
  ProgramTarget target() const;
  void load_spares(const ProgramText& text);
  void attach_spares();
  void drop_spares();
  void attach_uprobe(Kernel& kernel);
  bool load_kprobe(Kernel& kernel);
  Result<OwnedFd> link_kprobe(Kernel& kernel) const;
  void attach_kprobe(Kernel& kernel);
  void detach();
  void fall_back(Kernel& kernel);
  void refused(const Error& error);
  void settled(OwnedFd link);

  const ProgramText* trampoline_;
  const ProgramText* kprobe_;
  const ProgramText* loaded_ = nullptr;
  Place place_;
  ProbeState state_;
  bool multi_ = false;  // its kprobe form goes by fprobe
  OwnedFd program_, link_;
  struct Spare {
    OwnedFd program, link;
  };
  std::array<Spare, 2> spares_;  // the programs behind it, the last one last (bpf/probe.bpf.h)
};

uint64_t monotonic_ns();

}  // namespace mirrorscope
