// SPDX-License-Identifier: Apache-2.0
// What the running machine says about itself.
#include "trace/provenance.h"

#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace mirrorscope::trace {

namespace {
constexpr size_t longest_command_line = 1024;

int64_t now(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}
}  // namespace

std::string_view to_string(Origin origin) {
  switch (origin) {
    case Origin::recorded: return "recorded";
    case Origin::model: return "model";
    case Origin::written: return "written";
  }
  return "?";
}

Result<Provenance> provenance_here() {
  Provenance here;
  utsname name{};
  if (uname(&name) != 0) return fail(errno, "cannot ask for the kernel's name");
  here.kernel_release = name.release;
  here.kernel_version = name.version;
  here.machine = name.machine;
  here.host = name.nodename;

  // its arguments end in a NUL each
  std::ifstream arguments("/proc/self/cmdline", std::ios::binary);
  for (std::string word; here.command_line.size() < longest_command_line && std::getline(arguments, word, '\0');)
    here.command_line += (here.command_line.empty() ? "" : " ") + word;
  if (here.command_line.size() > longest_command_line) here.command_line.resize(longest_command_line);

  const char* path = "/proc/sys/kernel/random/boot_id";
  std::ifstream boot_id(path);
  if (!std::getline(boot_id, here.boot_id)) return fail(errno, "cannot read ", path);

  const int64_t before = now(CLOCK_MONOTONIC);
  const int64_t wall = now(CLOCK_REALTIME);
  const int64_t after = now(CLOCK_MONOTONIC);
  here.started = static_cast<uint64_t>(after);
  here.clock_offset = wall - (before + (after - before) / 2);
  here.cpus = static_cast<uint32_t>(sysconf(_SC_NPROCESSORS_CONF));
  return here;
}

}  // namespace mirrorscope::trace
