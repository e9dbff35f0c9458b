// SPDX-License-Identifier: Apache-2.0
// A schedule: which thread goes on, step by step. As text, a letter per thread and how often in a row: "a3ba2"; a capital letter is
// the second outcome of a maybe().
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "driver-model/machine/state.h"

namespace mirrorscope::model {

struct Step {
  u8 thread = 0, choice = 0;
  bool operator==(const Step&) const = default;
};
using Schedule = std::vector<Step>;

std::string to_text(const Schedule& schedule);
std::optional<Schedule> parse_schedule(std::string_view text);
// How often another thread goes on than the one before.
unsigned switches(const Schedule& schedule);

}  // namespace mirrorscope::model
