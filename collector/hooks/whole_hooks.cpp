// SPDX-License-Identifier: Apache-2.0
// A driver's hook is whole or says nothing: of which hook a program is, and what happens when the kernel refuses one of them.
//
// Rules judge what one part of a driver says by what another part said before: a mapping by the sequence that was read, a job by the check in
// front of it. If the part that reads the sequence is refused, because a struct or an argument of this kernel is not what the hook
// was written for, the rest looks like a driver that reads none. Functions that a kernel does not have are another matter: hooks are
// written for several kernels, and rules ask which events can come at all.
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/btf.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>

#include "collector/probes/machinery.h"

namespace mirrorscope {

namespace {

constexpr std::string_view source_suffix = ".bpf.c";

// Its lines are in headers and in one file of programs: one given on the command line, one of bpf/drivers or bpf/ucache, or one of the core's own.
std::string hook_of(const ProgramText& text, const btf* types, std::span<const HookSource> given) {
  for (size_t at = 0; types && text.lines_size && at + sizeof(bpf_line_info) <= text.lines.size(); at += text.lines_size) {
    bpf_line_info line;
    std::memcpy(&line, &text.lines[at], sizeof line);
    const char* name = btf__name_by_offset(types, line.file_name_off);
    const std::filesystem::path file = name ? name : "";
    const std::string last = file.filename();
    const auto is_it = [&](const HookSource& hook) {
      std::error_code absent;  // where this build was made is no directory here
      return hook.file.filename() == last && std::filesystem::equivalent(hook.file, file, absent);
    };
    if (std::any_of(given.begin(), given.end(), is_it)) return last;
    if (!last.ends_with(source_suffix)) continue;
    const std::string folder = file.parent_path().filename();
    return folder == "drivers" || folder == "ucache" ? last.substr(0, last.size() - source_suffix.size()) : std::string{};
  }
  return {};
}

}  // namespace

void Machinery::name_hooks() {
  const btf* types = bpf_object__btf(object->obj);
  for (ProgramText& text : kernel.texts)
    if (text.hook.empty()) text.hook = hook_of(text, types, hooks);
}

void Machinery::withhold_parts() {
  std::map<std::string, const ProbeState*> refused;
  for (const Probe& probe : probes)
    if (const ProbeState& state = probe.state(); state.how == MS_probe_how_refused && !state.hook.empty()) refused.emplace(state.hook, &state);
  for (Probe& probe : probes) {
    const auto found = refused.find(probe.state().hook);
    if (found == refused.end() || !probe.state().attached()) continue;
    probe.withhold("the hook " + probe.state().hook + " is not whole: of " + found->second->function + "(), " + found->second->why);
  }
}

}  // namespace mirrorscope
