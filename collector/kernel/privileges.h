// SPDX-License-Identifier: Apache-2.0
// Which privileges recording needs, which of them this process has, and how the rest is given away.
#pragma once

#include <string>
#include <vector>

#include "collector/session/owner.h"
#include "trace/result.h"

namespace mirrorscope {

struct Privilege {
  int capability;  // CAP_*
  const char* name;
  bool required;    // nothing can be recorded without it
  const char* why;  // what is missing without it
  bool held;
};

// Every capability that recording can use, and whether this process holds it.
std::vector<Privilege> privileges();

// Nothing if recording may be tried, else one sentence that says what to do.
Result<void> can_record();

// Keeps CAP_BPF and CAP_PERFMON and gives everything else away for good: the user id it was started with if that is not the owner's, groups,
// bounding set, ambient set and no_new_privs included. From then on neither this process nor anything it executes gets any of it back.
Result<void> keep_only_recording(const Owner& owner);

}  // namespace mirrorscope
