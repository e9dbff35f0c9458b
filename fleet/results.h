// SPDX-License-Identifier: Apache-2.0
// Where the results of a fleet lie, and how one gets there: whole or not at all, however often it is made.
//
//   DIR/plans/<digest>.json      what was planned
//   DIR/results/ab/<key>.json    what `check --format json` says of one trace
//   DIR/results/ab/<key>.open    its check has begun, and has not ended, has died or could not read the trace: to be
//   done again
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "trace/result.h"

namespace mirrorscope::fleet {

// Why a trace has no result, or none that is good for long.
struct Unfinished {
  int exit_code = 0;  // of its check, 128 + the signal that ended it; 0: it was begun and nobody saw it end
  std::string says;   // one sentence
};

class Results {
 public:
  explicit Results(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // Makes the directory, if it is not there.
  Result<void> make() const;
  // Returns where it lies: a plan of the same content is the same file.
  Result<std::filesystem::path> keep_plan(std::string_view json) const;

  std::filesystem::path file(const std::string& key) const { return named(key, ".json"); }
  bool has(const std::string& key) const;
  // A second writer of the same key writes the same: whoever is last wins, and no reader sees half of it.
  Result<void> keep(const std::string& key, std::string_view json) const;
  Result<void> keep(const std::string& key, const Unfinished& why) const;
  std::optional<Unfinished> unfinished(const std::string& key) const;

 private:
  std::filesystem::path named(const std::string& key, const char* ending) const;
  std::filesystem::path folder_;
};

}  // namespace mirrorscope::fleet
