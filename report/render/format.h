// SPDX-License-Identifier: Apache-2.0
// What a renderer is given and which renderers there are. One renderer is one file: to_x() in x.cpp, a row in format.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/explain/window.h"
#include "report/findings.h"
#include "report/outcome.h"
#include "report/render/text.h"

namespace mirrorscope {

// One trace, judged.
struct Document {
  std::string trace;                  // as the user named it, as that can be shown
  std::string path;                   // the same, byte for byte
  std::string kernel;                 // that it was recorded on
  std::string recorder;               // version that recorded it
  std::string version;                // version that judges it
  std::vector<std::string> damage;    // bytes that could not be read, one sentence each
  const Report* report = nullptr;
  RecordFinder find;
  std::vector<Finding> findings;
  std::vector<RuleOutcome> outcomes;
  const Windows* windows = nullptr;   // for explanations, null if there are none
  bool has_baseline = false;
};

struct Look {
  bool color = false;
  bool all_rules = false;             // the whole reason of what cannot be observed
  uint32_t findings_per_rule = 3;     // in formats that people read
};

struct Format {
  std::string_view name;
  std::string_view says;  // half a sentence for --help and the manual
  std::string (*render)(std::span<const Document>, const Look&);
};

std::span<const Format> all_formats();
const Format* format_named(std::string_view name);

}  // namespace mirrorscope
