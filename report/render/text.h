// SPDX-License-Identifier: Apache-2.0
// A report as text for people.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "analyzer/engine/engine.h"

namespace mirrorscope {

class Windows;

// Finds the bytes of a record again, null if they are gone. Valid until the next call.
using RecordFinder = std::function<const ev_header*(const EventRef&)>;

struct TextOptions {
  bool color = false;
  const Windows* explain = nullptr;  // what to explain the findings with, null: they are only named
  bool all_rules = false;        // also rules that hold or cannot be observed, one line each
  uint32_t findings_per_rule = 3;
};

// The findings that to_text() shows.
std::vector<const Candidate*> shown_findings(const Report& report, uint32_t findings_per_rule);
std::string to_text(const Report& report, const TextOptions& options, const RecordFinder& find);

}  // namespace mirrorscope
