// SPDX-License-Identifier: Apache-2.0
// Counted calls as text for a terminal: what each process's memory goes through, and how long each kind of call takes.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/workload.h"
#include "tally/snapshot.h"

namespace mirrorscope::cli {

enum class TallyOrder { invalidations, faults, pinned };

struct TallyLook {
  double seconds = 1;     // that the numbers are of
  bool rates = false;     // per second, else totals
  size_t most = SIZE_MAX;  // lines of each table
  TallyOrder order = TallyOrder::invalidations;
  std::optional<WorkloadSide> by =
      {};  // the tally is added_up() by it: a column with that name stands for process and command
  const std::map<uint32_t, uint64_t>* findings = nullptr;  // by process; null: nobody judges
};

// One line per process: invalidations by reason, faults, retries, pages that move and are pinned.
std::vector<std::string> process_table(const Tally& tally, const TallyLook& look);
// One line per process and kind of call: how many, refused, pages, p50, p99, longest.
std::vector<std::string> call_table(const Tally& tally, const TallyLook& look);

// "invalidation", "callback", …: what a row of that kind counts.
std::string_view kind_name(uint32_t kind);
// 850ns, 12.3us, 1.20ms, 3.40s
std::string in_time(uint64_t ns);

}  // namespace mirrorscope::cli
