// SPDX-License-Identifier: Apache-2.0
// How options become filters.
#include "collector/probes/filters.h"

#include <fnmatch.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <sstream>

#include "schema/catalog.h"
#include "schema/meant.h"

namespace mirrorscope {

namespace {

constexpr long cgroup2_magic = 0x63677270;  // include/uapi/linux/magic.h: CGROUP2_SUPER_MAGIC

}  // namespace

std::filesystem::path cgroup2_root() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string device, where, type;
    if (words >> device >> where >> type && type == "cgroup2") return where;
  }
  return {};
}

Result<uint64_t> cgroup_id(const std::filesystem::path& directory) {
  std::filesystem::path path = directory;
  if (path.is_relative()) {
    const auto root = cgroup2_root();
    if (root.empty()) return fail(0, "cgroup v2 is mounted nowhere, so there is no cgroup ", directory);
    path = root / path;
  }
  struct statfs system {};
  if (statfs(path.c_str(), &system) != 0) return fail(errno, "cannot look at the cgroup ", path.string());
  if (system.f_type != cgroup2_magic) return fail(0, path.string(), " is not a cgroup v2 directory");
  struct stat entry {};
  if (stat(path.c_str(), &entry) != 0) return fail(errno, "cannot look at the cgroup ", path.string());
  return entry.st_ino;  // on 64-bit kernels the inode number is the cgroup id: kernfs_ino(), include/linux/kernfs.h
}

Result<void> process_exists(uint32_t pid) {
  if (kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM) return {};
  return fail(0, "there is no process ", pid);
}

Result<std::vector<std::string>> events_left_out(const std::vector<std::string>& globs) {
  bool asks = false;
  for (const std::string& glob : globs) asks |= !glob.starts_with('!');
  std::vector<bool> wanted(EV_LIMIT, !asks);
  for (const std::string& glob : globs) {
    const bool out = glob.starts_with('!');
    bool fits = false;
    for (const EventInfo& event : catalog::events) {
      if (event.kind == EventKind::about || fnmatch(glob.c_str() + out, std::string(event.name).c_str(), 0) != 0)
        continue;
      wanted[event.id] = !out;
      fits = true;
    }
    if (!fits) return fail(0, no_such_event(glob.substr(out)));
  }
  std::vector<std::string> left_out;
  for (const EventInfo& event : catalog::events)
    if (event.kind != EventKind::about && !wanted[event.id]) left_out.emplace_back(event.name);
  return left_out;
}

Result<uint64_t> bytes_of(const std::string& text) {
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  int shift = 0;
  if (error == std::errc() && at + 1 == end) {
    switch (*at) {
      case 'k':
      case 'K':
        shift = 10;
        break;
      case 'm':
      case 'M':
        shift = 20;
        break;
      case 'g':
      case 'G':
        shift = 30;
        break;
      default:
        shift = -1;
    }
  }
  if (error != std::errc() || shift < 0 || (shift == 0 && at != end) || value == 0 || value > (UINT64_MAX >> shift))
    return fail(0, "'", text, "' is not a size; write 64M, 2G, 4096");
  return value << shift;
}

}  // namespace mirrorscope
