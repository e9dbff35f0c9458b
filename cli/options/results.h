// SPDX-License-Identifier: Apache-2.0
// Result files on the command line: which are meant, and what is in them.
#pragma once

#include <string>
#include <vector>

#include "report/result/merged.h"
#include "trace/result.h"
#include "verify/replay.h"

namespace mirrorscope::cli {

struct ReadResults {
  Merged merged;
  bool any = false;  // something could be read
};

// Of a directory all *.json below it, but for files that are `written` by the same command. A file that cannot be read is in merged.unreadable(); an
// Error is a directory without any.
Result<ReadResults> read_results(const std::vector<std::string>& paths, const std::vector<std::string>& written);
// What is compared: a result file, a folder of them, or a trace, which is judged and measured here.
Result<Merged> side_of(const std::vector<std::string>& paths, const ReplayOptions& options);
// What it is called where it is shown.
std::string side_name(const std::vector<std::string>& paths);
// The file behind --expect.
Result<void> read_expected(Merged& merged, const std::string& file);

}  // namespace mirrorscope::cli
