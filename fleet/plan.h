// SPDX-License-Identifier: Apache-2.0
// What has to be checked, with which options, and who does which part of it: one file, whoever runs it.
//
// As JSON: {"format": "mirrorscope-plan-1", "version": ..., "output": DIR, "rules": [...], "memory": bytes,
//           "traces": [{"path": ..., "bytes": ..., "stamp": ..., "key": ...}], "tasks": [[indices of traces], ...]}
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "fleet/archive.h"
#include "trace/result.h"

namespace mirrorscope::fleet {

struct PlannedTrace {
  ArchivedTrace trace;
  // Names the result: another one whenever the trace, the options or the version of mirrorscope is another one.
  std::string key;
};

struct Plan {
  std::string output;                        // directory of results, absolute
  std::vector<std::string> rules;            // ids; empty: all
  uint64_t memory = 0;                       // bytes of address space that one check may use; 0: as many as there are
  std::vector<PlannedTrace> traces;          // all, also those that have a result
  std::vector<std::vector<uint32_t>> tasks;  // indices of those that have none, the largest first
};

struct Sizes {
  uint64_t chunk = 0;    // bytes of traces that are worth a task of their own
  uint32_t most = 1000;  // tasks; chunks get larger if they would be more. At least 1
};

// Keys and tasks for traces[].trace. `done` says which of them have a result. Tasks are as equal in size as the traces
// allow.
void divide(Plan& plan, const Sizes& sizes, const std::function<bool(const PlannedTrace&)>& done);

// An Error if a path is no UTF-8, which JSON cannot hold.
Result<std::string> to_json(const Plan& plan);
// An Error names the file: unreadable, no plan, or of another version of mirrorscope, whose results would have other
// keys.
Result<Plan> read_plan(const std::filesystem::path& file);

}  // namespace mirrorscope::fleet
