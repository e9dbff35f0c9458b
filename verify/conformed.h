// SPDX-License-Identifier: Apache-2.0
// A trace replayed as a run of the model, and the result as people and programs get it.
#pragma once

#include <filesystem>
#include <string>
#include <unordered_map>

#include "crosscheck/conformance.h"
#include "trace/result.h"

namespace mirrorscope {

struct Conformed {
  ConformanceReport report;
  std::vector<std::pair<EventRef, std::string>> text, json;  // records of divergences, as far as they are kept
};

Result<Conformed> conformed(const std::filesystem::path& trace, const model::Profile* profile);

// `most` divergences, mms and objects each.
std::string to_text(const Conformed& c, size_t most);
std::string to_json(const Conformed& c);

}  // namespace mirrorscope
