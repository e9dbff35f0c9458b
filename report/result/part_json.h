// SPDX-License-Identifier: Apache-2.0
// A part as JSON, and back: the fields of `check --format json`, of which a part has fewer (docs/results.md).
#pragma once

#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "report/result/part.h"

namespace mirrorscope {

// The number that every result carries: it changes when a field that was there is gone or means something else, not when one is added.
inline constexpr uint64_t kResultVersion = 1;

// Why JSON is no result: half a sentence, e.g. "\"records\" is no number".
struct NoResult : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// The same of one that another version of mirrorscope may read.
struct OtherVersion : NoResult {
  using NoResult::NoResult;
};

// The object "result": version, who judged, which trace, and why it could not be judged if it could not.
nlohmann::ordered_json result_header(const TraceId& trace, const std::string& judge, const std::string& error, const std::vector<std::string>& damage,
                                     const std::vector<std::string>& rules);
nlohmann::ordered_json calls_json(const std::map<CallKey, CallTimes>& calls);
nlohmann::ordered_json costs_json(const std::map<std::string, CostPart>& costs);
nlohmann::ordered_json stretches_json(const std::map<std::string, std::vector<uint64_t>>& stretches);
nlohmann::ordered_json losses_json(const std::vector<LossPart>& losses);

// With "files"; numbers that are 0 and lists that are empty are left out.
nlohmann::ordered_json part_json(const Part& part);
// From that or from what check wrote; text passes the border of schema/shown.h. Throws NoResult.
Part part_from(const nlohmann::ordered_json& json);

// Of JSON that somebody else may have written: NoResult names what is not there, or is no such thing.
uint64_t number_at(const nlohmann::ordered_json& object, const char* key);               // 0 if it is not there
std::string text_at(const nlohmann::ordered_json& object, const char* key);              // empty if it is not there
const nlohmann::ordered_json& list_at(const nlohmann::ordered_json& object, const char* key);   // empty if it is not there
// Throws if `object` has no "result" of this version.
const nlohmann::ordered_json& header_of(const nlohmann::ordered_json& object);

}  // namespace mirrorscope
