// SPDX-License-Identifier: Apache-2.0
// How the libraries of caches are found: the linker's own cache, the mappings of processes, PATH.
#include "collector/probes/cache_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string_view>
#include <tuple>

#include "collector/kernel/read_again.h"
#include "trace/owned_fd.h"

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

// Which file it is, however many mounts show it: overlays of one image give it different devices (fs/overlayfs/inode.c,
// ovl_map_dev_ino()), and two probes of one file would tell everything twice.
using FileId = std::tuple<uint64_t, int64_t, int64_t, int64_t>;
std::optional<FileId> file_id(const fs::path& path) {
  struct stat is {};
  if (stat(path.c_str(), &is) != 0 || !S_ISREG(is.st_mode)) return {};
  return FileId{is.st_ino, is.st_size, is.st_ctim.tv_sec, is.st_ctim.tv_nsec};
}
bool same_file(const fs::path& a, const fs::path& b) {
  const auto one = file_id(a);
  return one && one == file_id(b);
}

std::vector<fs::path> linked() {
  const OwnedFd file(open("/etc/ld.so.cache", O_RDONLY | O_CLOEXEC));
  if (!file) return {};
  const auto bytes = read_again(file.get(), size_t{256} << 10);
  if (!bytes) return {};
  const std::string text(bytes->begin(), bytes->end());
  const size_t at = text.find("glibc-ld.so.cache1.1");
  LinkerCache head{};
  std::vector<fs::path> found;
  if (at == std::string::npos || text.size() - at < sizeof head) return found;
  std::memcpy(&head, text.data() + at, sizeof head);
  const auto string_at = [&](uint32_t offset) {
    return at + offset < text.size() ? std::string_view(text.c_str() + at + offset) : "";
  };
  for (uint32_t i = 0; i < head.count && at + sizeof head + (i + 1) * sizeof(LinkerEntry) <= text.size(); ++i) {
    LinkerEntry entry;
    std::memcpy(&entry, text.data() + at + sizeof head + i * sizeof entry, sizeof entry);
    if (std::any_of(libraries.begin(), libraries.end(),
                    [&](std::string_view l) { return string_at(entry.name).starts_with(l); }))
      found.emplace_back(string_at(entry.path));
  }
  return found;
}

// What a process has mapped to run. It may live in another mount namespace (a container), where its paths mean other
// files than here, and what it has mapped may have been replaced since: /proc/PID/root and /proc/PID/map_files lead to
// the right ones (proc(5)).
std::vector<fs::path> mapped(uint32_t pid) {
  std::vector<fs::path> found;
  const std::string proc = "/proc/" + std::to_string(pid);
  std::ifstream maps(proc + "/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::string range, rights, offset, device, path;
    uint64_t inode = 0;
    words >> range >> rights >> offset >> device >> inode >> std::ws;
    std::getline(words, path);  // may have spaces in it
    if (rights.find('x') == std::string::npos || !path.starts_with('/')) continue;
    const auto is_it = [&](const std::string& name) {
      struct stat there {};
      return stat(name.c_str(), &there) == 0 && there.st_ino == inode;
    };
    const std::string inside = proc + "/root" + path;
    if (is_it(inside))
      found.emplace_back(same_file(inside, path) ? path : inside);
    else
      found.emplace_back(proc + "/map_files/" + range);
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
  std::map<FileId, fs::path> files;
  std::error_code error;
  const auto add = [&](const fs::path& path) {
    const auto id = file_id(path);
    // A link of /proc leads to files that no path of this mount namespace names: it stays as it is.
    const bool of_process = path.string().starts_with("/proc/");
    const fs::path real = of_process ? path : fs::canonical(path, error);
    if (id && !real.empty()) files.emplace(*id, real);
    return id.has_value();
  };
  for (const fs::path& path : wanted.also) {
    if (add(path)) continue;
    if (!fs::exists(path, error))
      return fail(error ? error.value() : ENOENT, "cannot look for registration caches in ", path.string());
    return fail(0, "cannot look for registration caches in ", path.string(), ": it is no regular file");
  }
  for (const fs::path& path : linked()) add(path);
  for (const uint32_t pid : wanted.pids)
    for (const fs::path& path : mapped(pid)) add(path);
  // Of `bash -c ...` only bash is known here: what it runs is found if it uses the libraries, or by its name.
  if (!wanted.command.empty()) add(in_path(wanted.command.front()));
  std::vector<fs::path> found;
  for (auto& [id, path] : files) found.push_back(std::move(path));
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace mirrorscope
