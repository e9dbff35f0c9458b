// SPDX-License-Identifier: Apache-2.0
// Where the functions of a program or library lie in its file, which is what a uprobe is put on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>

#include "trace/result.h"

namespace mirrorscope {

// What is exported (.dynsym), what the file says beyond that if it is not stripped (.symtab), and what its separate debug
// information says if that is installed (/usr/lib/debug/.build-id). Value: offset in the file.
using ElfFunctions = std::unordered_map<std::string, uint64_t>;

// An error if it is no ELF file of this machine.
Result<ElfFunctions> elf_functions(const std::filesystem::path& file);

}  // namespace mirrorscope
