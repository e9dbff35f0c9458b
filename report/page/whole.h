// SPDX-License-Identifier: Apache-2.0
// What the page shows of a merged result that a single trace does not have: hosts, problems, histograms that were added up.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "report/result/merged.h"

namespace mirrorscope {

// Hosts worst first, each with its traces and the way to their own pages, as seen from `folder`; and the problems.
nlohmann::ordered_json whole_json(const Summary& summary, const std::string& folder);
// Rows as those of one trace.
nlohmann::ordered_json merged_latency_json(const Summary& summary);

}  // namespace mirrorscope
