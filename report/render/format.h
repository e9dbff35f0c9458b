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
#include "report/result/trace_id.h"

namespace mirrorscope {

struct Measures;
class Merged;
struct Summary;

// One trace, judged, or a merged result.
struct Document {
  std::string trace;                  // as the user named it, as that can be shown
  std::string path;                   // the same, byte for byte
  TraceId id;                         // which trace that is, wherever it lies
  std::string kernel;                 // that it was recorded on
  std::string recorder;               // version that recorded it
  std::string version;                // version that judges it
  std::vector<std::string> damage;    // bytes that could not be read, one sentence each
  const Report* report = nullptr;
  RecordFinder find;
  std::vector<Finding> findings;
  std::vector<RuleOutcome> outcomes;
  const Windows* windows = nullptr;   // for explanations, null if there are none
  const Measures* measures = nullptr; // null if nobody measured
  const Merged* merged = nullptr;     // of a merged result: its parts, null for one trace
  const Summary* summary = nullptr;   // and what they say as a whole
  bool has_baseline = false;
};

// A trace that could not be judged.
struct Unjudged {
  std::string trace;                  // as Document::trace
  std::string why;                    // "cannot ...", one sentence
  std::string version;                // version that could not judge it
};

struct Look {
  bool color = false;
  bool all_rules = false;             // the whole reason of what cannot be observed
  uint32_t findings_per_rule = 3;     // in formats that people read
  std::span<const Unjudged> unjudged{};  // for the formats that say what is missing
};

struct Format {
  std::string_view name;
  std::string_view says;  // half a sentence for --help and the manual
  bool says_unjudged;     // it says something without a document, too: which traces could not be judged
  std::string (*render)(std::span<const Document>, const Look&);
};

std::span<const Format> all_formats();
const Format* format_named(std::string_view name);

}  // namespace mirrorscope
