// SPDX-License-Identifier: Apache-2.0
// How the libraries of caches are found: the linker's own cache, the mappings of processes, PATH.
#include "collector/cache_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string_view>

namespace mirrorscope {

namespace {

namespace fs = std::filesystem;

// The libraries that the hooks of bpf/ucache/ know, whatever their version.
constexpr std::array<std::string_view, 3> libraries{"libucs.so.", "libucm.so.", "libfabric.so."};

// /etc/ld.so.cache: glibc, sysdeps/generic/dl-cache.h, struct cache_file_new, which may follow an older one.
struct LinkerCache {
  char magic[20];
  uint32_t count, strings_size;
  uint8_t flags, pad[3];
  uint32_t unused[4];
};
struct LinkerEntry {
  int32_t flags;
  uint32_t name, path, os;
  uint64_t hwcap;
};

std::vector<fs::path> linked() {
  std::ifstream file("/etc/ld.so.cache", std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const size_t at = text.find("glibc-ld.so.cache1.1");
  LinkerCache head{};
  std::vector<fs::path> found;
  if (at == std::string::npos || text.size() - at < sizeof head) return found;
  std::memcpy(&head, text.data() + at, sizeof head);
  const auto string_at = [&](uint32_t offset) { return at + offset < text.size() ? std::string_view(text.c_str() + at + offset) : ""; };
  for (uint32_t i = 0; i < head.count && at + sizeof head + (i + 1) * sizeof(LinkerEntry) <= text.size(); ++i) {
    LinkerEntry entry;
    std::memcpy(&entry, text.data() + at + sizeof head + i * sizeof entry, sizeof entry);
    if (std::any_of(libraries.begin(), libraries.end(), [&](std::string_view l) { return string_at(entry.name).starts_with(l); }))
      found.emplace_back(string_at(entry.path));
  }
  return found;
}

std::vector<fs::path> mapped(uint32_t pid) {
  std::vector<fs::path> found;
  std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string range, rights, offset, device, inode, path;
    words >> range >> rights >> offset >> device >> inode >> path;
    if (rights.find('x') != std::string::npos && path.starts_with('/')) found.emplace_back(path);
  }
  return found;
}

fs::path in_path(const std::string& program) {
  if (program.find('/') != std::string::npos) return program;
  const char* path = std::getenv("PATH");
  std::istringstream directories(path ? path : "");
  std::error_code error;
  for (std::string d; std::getline(directories, d, ':');)
    if (fs::exists(fs::path(d) / program, error)) return fs::path(d) / program;
  return {};
}

}  // namespace

Result<std::vector<fs::path>> cache_files(const CacheFiles& wanted) {
  std::set<fs::path> files;
  std::error_code error;
  const auto add = [&](const fs::path& path) {
    const fs::path real = fs::canonical(path, error);
    if (!error && fs::is_regular_file(real, error)) files.insert(real);
    return !error;
  };
  for (const fs::path& path : wanted.also)
    if (!add(path)) return fail(error.value(), "cannot look for registration caches in ", path.string());
  for (const fs::path& path : linked()) add(path);
  for (const uint32_t pid : wanted.pids)
    for (const fs::path& path : mapped(pid)) add(path);
  // Of `bash -c ...` only bash is known here: what it runs is found if it uses the libraries, or by its name.
  if (!wanted.command.empty()) add(in_path(wanted.command.front()));
  return std::vector<fs::path>(files.begin(), files.end());
}

}  // namespace mirrorscope
