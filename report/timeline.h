// SPDX-License-Identifier: Apache-2.0
// The evidence of one finding as a timeline that a driver developer can argue with.
#pragma once

#include <string>

#include "analyzer/engine.h"
#include "report/text.h"

namespace mirrorscope {

// Seconds with microseconds, as dmesg and ftrace print them.
std::string clock_text(uint64_t time);
// Indented lines, oldest first: distance from the completing event, CPU, task, event, what it shows, its values.
std::string timeline(const Candidate& finding, const Report& report, const RecordFinder& find);

}  // namespace mirrorscope
