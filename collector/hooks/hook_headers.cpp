// SPDX-License-Identifier: Apache-2.0
// How the headers get from the program to where a compiler finds them.
#include "collector/hooks/hook_headers.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string_view>

namespace mirrorscope {

namespace {

struct Header {
  std::string_view path, text;
};
constexpr Header headers[] = {
#include "hook_headers.inc"
};

}  // namespace

Result<HookHeaders> HookHeaders::write() {
  std::error_code error;
  std::string pattern = (std::filesystem::temp_directory_path(error) / "mirrorscope-hook-XXXXXX").string();
  if (error || !mkdtemp(pattern.data())) return fail(errno, "cannot make a temporary directory for the headers of a hook");
  HookHeaders made{std::filesystem::path(pattern)};
  for (const Header& header : headers) {
    const std::filesystem::path file = made.dir_ / header.path;
    std::filesystem::create_directories(file.parent_path(), error);
    std::ofstream out(file, std::ios::binary);
    if (!(out << header.text) || !out.flush()) return fail(errno, "cannot write ", file.string());
  }
  return made;
}

HookHeaders::~HookHeaders() {
  std::error_code ignored;
  if (!dir_.empty()) std::filesystem::remove_all(dir_, ignored);
}

}  // namespace mirrorscope
