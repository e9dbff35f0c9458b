// SPDX-License-Identifier: Apache-2.0
// Hooks by BCC, for drivers whose module has no type information: offsets come from the headers of the running kernel and of the driver.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "collector/hooks/hook.h"
#include "collector/hooks/hook_headers.h"
#include "collector/probes/programs.h"
#include "trace/result.h"

namespace mirrorscope {

// How programs that libbpf does not link reach what the others share (bpf/bcc.bpf.h).
struct SharedNumbers {
  std::vector<std::pair<std::string, int>> fds;          // of maps
  std::vector<std::pair<std::string, size_t>> offsets;   // of variables in the map `bss`
  bool by_mm = false;                                    // ms_config.by_mm
};

// Kprobe programs, one for each ENTRY and EXIT, named as their trampoline form would be and "__kp". A child compiles, so that LLVM is not
// in the recorder; what it has against the text goes to stderr as it is.
Result<std::vector<ProgramText>> compile_with_bcc(const HookSource& hook, const std::vector<std::string>& flags, const HookHeaders& headers,
                                                  const SharedNumbers& shared);

// The hook's text with a kprobe program behind it for each of its functions.
std::string text_for_bcc(const HookSource& hook);

}  // namespace mirrorscope
