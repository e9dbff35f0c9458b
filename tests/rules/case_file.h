// SPDX-License-Identifier: Apache-2.0
// What stands in a .cases file, see README.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/engine/engine.h"
#include "trace/result.h"
#include "trace/text/text.h"

namespace mirrorscope::test {

struct Case {
  std::string name;
  std::vector<trace::AnyRecord> records;    // in time order
  std::vector<EventRef> lines;              // the record lines of the case, in order
  Verdict expected = Verdict::holds;
  std::optional<uint64_t> count;            // breaches or occasions
  std::optional<size_t> at;                 // index into lines
  int line = 0;                             // of the file, where the case begins
};

struct CaseFile {
  std::string rule;
  std::vector<Case> cases;
};

// The error names file and line.
Result<CaseFile> read_cases(const std::filesystem::path& path);

// The one rule's result on the records of the case.
RuleResult judge(const RuleDef& rule, const std::vector<trace::AnyRecord>& records, uint32_t shards = 1);

}  // namespace mirrorscope::test
