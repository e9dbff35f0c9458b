// SPDX-License-Identifier: Apache-2.0
// A report as text for people.
#pragma once

#include <functional>
#include <string>

#include "analyzer/engine.h"

namespace mirrorscope {

// Finds the bytes of a record again, null if they are gone. Valid until the next call.
using RecordFinder = std::function<const ev_header*(const EventRef&)>;

struct TextOptions {
  bool color = false;
  bool explain = false;          // the evidence of every finding as a timeline
  bool all_rules = false;        // also rules that hold or cannot be observed, one line each
  uint32_t findings_per_rule = 3;
};

std::string to_text(const Report& report, const TextOptions& options, const RecordFinder& find);

}  // namespace mirrorscope
