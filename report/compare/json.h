// SPDX-License-Identifier: Apache-2.0
// A comparison for programs, the page's among them: docs/results.md.
#pragma once

#include <nlohmann/json.hpp>

#include "report/compare/compare.h"

namespace mirrorscope {

nlohmann::ordered_json comparison_json(const Comparison& comparison, const ComparisonText& text);

}  // namespace mirrorscope
