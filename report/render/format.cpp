// SPDX-License-Identifier: Apache-2.0
// The table of formats.
#include "report/render/format.h"

#include <algorithm>
#include <array>

namespace mirrorscope {

namespace {
constexpr auto kFormats = std::to_array<Format>({
    {"text", "for people (default)", to_text},
    {"markdown", "for a merge request or a job summary", to_markdown},
    {"json", "everything, for programs", to_json},
    {"junit", "XML that GitLab and Jenkins show; inconclusive is an error", to_junit},
    {"sarif", "SARIF 2.1.0 for code scanning, with the rules and their help", to_sarif},
    {"ktap", "KTAP for kernel test harnesses; inconclusive is \"not ok\"", to_ktap},
    {"github", "annotations of a GitHub workflow run", to_github},
});
}  // namespace

std::span<const Format> all_formats() { return kFormats; }

const Format* format_named(std::string_view name) {
  const auto it = std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& f) { return f.name == name; });
  return it == kFormats.end() ? nullptr : &*it;
}

}  // namespace mirrorscope
