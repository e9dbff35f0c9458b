// SPDX-License-Identifier: Apache-2.0
// Where a report goes, and as what: "--format sarif=out.sarif --format text".
#pragma once

#include <span>
#include <string>
#include <vector>

#include "report/render/format.h"
#include "trace/result.h"

namespace mirrorscope::cli {

struct Output {
  const Format* format;
  std::string file;  // empty: standard output
};

// From the words behind --format and the one behind -o, which is for the format that names no file itself.
Result<std::vector<Output>> parse_outputs(const std::vector<std::string>& formats, const std::string& output);
// Without documents only in formats that say what could not be judged.
Result<void> write_outputs(std::span<const Output> outputs, std::span<const Document> documents, Look look);
Result<void> write_file(const std::string& file, const std::string& text);

}  // namespace mirrorscope::cli
