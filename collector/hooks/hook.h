// SPDX-License-Identifier: Apache-2.0
// A hook for a driver that mirrorscope does not know, given as a file of BPF C (bpf/hook.bpf.h): what it says, who compiles it.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/probes/probe_state.h"
#include "collector/probes/programs.h"
#include "trace/result.h"

namespace mirrorscope {

enum class HookCompiler { automatic, clang, bcc };

struct HookOptions {
  std::vector<std::filesystem::path> files;
  HookCompiler compiler = HookCompiler::automatic;
  std::vector<std::string> flags;  // for the compiler, as they are: -I, -D
};

// ENTRY(program, function) or EXIT(program, function).
struct HookFunction {
  std::string program;
  std::string event;  // what it feeds: the part before "__"
  std::string function;
  bool at_return = false;
};

struct HookSource {
  std::filesystem::path file;
  std::string text;
  std::vector<HookFunction> functions;  // what begins a line; macros may make more, which only clang sees
};

// An error if the file cannot be read, or if what it has feeds no event.
Result<HookSource> read_hook(const std::filesystem::path& file);
// The same of a text.
Result<HookSource> parse_hook(const std::filesystem::path& file, std::string text);

// Where a hook's functions are, for automatic: BCC if one is in a module that has no type information.
struct FunctionPlace {
  bool typed = false;   // in the BTF of the kernel or of a loaded module
  bool there = false;   // in /proc/kallsyms, or nobody knows because that cannot be read
};
// An error if none of them is there: before anything is compiled.
Result<void> is_anywhere(const HookSource& hook, std::span<const FunctionPlace> places);
HookCompiler compiler_for(std::span<const FunctionPlace> places);

// An error if nothing of the hook could be attached; else a sentence for each function that could not.
Result<std::vector<std::string>> what_is_missing(const HookSource& hook, std::span<const ProbeState> states);

}  // namespace mirrorscope
