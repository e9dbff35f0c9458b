// SPDX-License-Identifier: Apache-2.0
// Whose a process is, in words: for texts, and as short as a column of a table needs it.
#pragma once

#include <cstdint>
#include <string>

#include "analyzer/engine/names.h"

namespace mirrorscope {

// "job 4711, step 0", "pod 2f4bd9d2-…, container 4f1c0e6ad3b2", "unit ssh.service", else "cgroup /x", else "uid 1000".
// Empty if the trace does not say.
std::string whose(uint32_t tgid, const Names& names);

// All that the trace says, one thing after the other: "job 4711, step 0; unit slurmstepd.scope; uid 1000; /usr/bin/app;
// cgroup /system.slice/…". "not known: …" if it had ended; empty if the trace does not speak of it.
std::string whose_in_full(uint32_t tgid, const Names& names);

}  // namespace mirrorscope
