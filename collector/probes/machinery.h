// SPDX-License-Identifier: Apache-2.0
// What stands behind the steps of probes.h: the libbpf object, the rings, the probes.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "collector/hooks/hook.h"
#include "collector/hooks/hook_headers.h"
#include "collector/kernel/elf_functions.h"
#include "collector/probes/callbacks.h"
#include "collector/probes/last_links.h"
#include "collector/probes/probes.h"
#include "collector/probes/skeleton.h"
#include "schema/catalog.h"

namespace mirrorscope {

struct Machinery {
  explicit Machinery(ProbeOptions o) : options(std::move(o)), callbacks(options.tally) {}
  Machinery(const Machinery&) = delete;
  ~Machinery();

  void learn_kernel();
  Result<void> open_object();
  // The object of this build, with the hooks that clang compiles linked to it.
  Result<void> open_with_hooks();
  Result<HookCompiler> compiler_of(const HookSource& hook) const;
  // The programs of those that BCC compiles: the maps are there by now.
  Result<void> load_bcc_hooks();
  // Does a recording, or a count, like this one have a use for it?
  bool of_use(const ProgramText& text) const;
  // False if this kernel has no function for it now.
  bool may_be_there(const ProgramText& text) const;
  // The programs of the object, not relocated yet: names and targets.
  std::vector<ProgramText> program_names() const;
  // Makes the maps and relocates the programs; none of them is in the kernel afterwards.
  Result<void> load_object();
  Result<void> make_rings();
  // One probe for each program of the object that has a target, and the task iterator.
  void plan();
  // The same for functions in user space: one for each file that has the function.
  void plan_user_space(const ProgramText& text);
  bool is_spare(const ProgramText& text) const;
  // Says of each text that was linked of which hook it is.
  void name_hooks();
  // Of a hook of which the kernel refused a program, the others are taken away.
  void withhold_parts();
  Result<void> start_filter();
  // Runs the task iterator once.
  Result<void> look_around();
  // What the iterator has left in the map `found`.
  std::vector<Probe> callbacks_found();
  // Loads and attaches them.
  void add(std::vector<Probe> made);
  // Believes no link: asks ftrace.
  void verify(std::span<Probe> some);
  void note_states();
  // Why not a single probe works, in one sentence.
  Error nothing_attached() const;

  bool filtered() const { return !options.tgids.empty() || !options.comm.empty() || !options.cgroups.empty(); }
  bool wanted(std::string_view event) const;

  LastLinks last_links;  // outlives what it holds
  ProbeOptions options;
  Kernel kernel;
  std::unique_ptr<ProgramTexts> collecting;
  std::vector<HookSource> hooks;
  std::vector<size_t> for_bcc;  // which of them
  std::optional<HookHeaders> hook_headers;
  std::vector<std::byte> linked_object;
  mirrorscope_probes* object = nullptr;
  std::vector<OwnedFd> rings;
  std::vector<int> ring_fds;
  std::vector<Probe> probes;
  std::vector<std::pair<std::string, ElfFunctions>> user_files;
  std::vector<OwnedFd> followers;  // programs and links that keep the filter up to date
  Callbacks callbacks;
  OwnedFd iterator, iterator_link;
  ProbeState iterator_state;
  std::vector<ProbeState> states;
  OwnedFd run_counts;
};

}  // namespace mirrorscope
