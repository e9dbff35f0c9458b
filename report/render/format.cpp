// SPDX-License-Identifier: Apache-2.0
// The table of formats.
#include "report/render/format.h"

#include <algorithm>
#include <array>

namespace mirrorscope {

// ROW(name, half a sentence for --help and the manual, does it say what could not be judged?, the function of its file)
#define FORMATS                                                                          \
  ROW("text", "for people (default)", false, to_text)                                           \
  ROW("markdown", "for a merge request or a job summary", false, to_markdown)                   \
  ROW("json", "everything, for programs", true, to_json)                                       \
  ROW("junit", "XML that GitLab and Jenkins show; inconclusive is an error", false, to_junit)   \
  ROW("sarif", "SARIF 2.1.0 for code scanning, with the rules and their help", false, to_sarif) \
  ROW("ktap", "KTAP for kernel test harnesses; inconclusive is \"not ok\"", false, to_ktap)     \
  ROW("github", "annotations of a GitHub workflow run", false, to_github)

#define ROW(name, says, unjudged, render) std::string render(std::span<const Document> documents, const Look& look);
FORMATS
#undef ROW

namespace {
#define ROW(name, says, unjudged, render) Format{name, says, unjudged, render},
constexpr auto kFormats = std::to_array<Format>({FORMATS});
#undef ROW
}  // namespace

std::span<const Format> all_formats() { return kFormats; }

const Format* format_named(std::string_view name) {
  const auto it = std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& f) { return f.name == name; });
  return it == kFormats.end() ? nullptr : &*it;
}

}  // namespace mirrorscope
