// SPDX-License-Identifier: Apache-2.0
// The findings that are known already, as a file: a JSON object with the keys of findings.h.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/findings.h"

namespace mirrorscope {

struct Baseline {
  std::set<std::string, std::less<>> keys;
  std::string error;  // why the text is no baseline; empty: it is one
};

Baseline parse_baseline(std::string_view text);
// What write_baseline() of these findings would be read as. One line per key, sorted, so that it can be reviewed and merged.
std::string baseline_text(std::span<const Finding> findings);
// Marks the findings that the baseline has.
void mark_known(std::vector<Finding>& findings, const Baseline& baseline);

}  // namespace mirrorscope
