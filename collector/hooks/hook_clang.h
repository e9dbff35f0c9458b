// SPDX-License-Identifier: Apache-2.0
// Hooks by clang: compiled and linked with the programs of this build, so that the kernel's BTF gives their fields' offsets.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "collector/hooks/hook.h"
#include "collector/hooks/hook_headers.h"
#include "trace/result.h"

namespace mirrorscope {

// What clang has against the text goes to stderr as it is. The object lies beside the headers and goes with them.
Result<std::filesystem::path> compile_with_clang(const HookSource& hook, const std::vector<std::string>& flags, const HookHeaders& headers);

// One object of `base` and what was compiled.
Result<std::vector<std::byte>> link_hooks(std::span<const std::byte> base, const std::vector<std::filesystem::path>& objects,
                                          const HookHeaders& headers);

}  // namespace mirrorscope
