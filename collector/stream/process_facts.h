// SPDX-License-Identifier: Apache-2.0
// What /proc says of a process: its cgroup, its user, its executable.
#pragma once

#include <cstdint>
#include <string>

namespace mirrorscope {

struct ProcessFacts {
  static constexpr uint32_t kNoUid = UINT32_MAX;

  bool ended = false;       // nobody could be asked any more: nothing else is known
  uint32_t uid = kNoUid;    // the real one
  std::string cgroup = {};  // as it stands in /proc/PID/cgroup, see cgroup_in(); empty: not known
  std::string exe =
      {};  // where /proc/PID/exe leads; empty: not known. Of another user's process that takes CAP_SYS_PTRACE

  bool operator==(const ProcessFacts&) const = default;
};

ProcessFacts facts_of(uint32_t tgid);
// The cgroup alone.
std::string cgroup_of(uint32_t tgid);

}  // namespace mirrorscope
