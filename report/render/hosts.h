// SPDX-License-Identifier: Apache-2.0
// The hosts of a merged result as a table, worst first, for the formats that people read.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "report/render/format.h"
#include "report/result/merged.h"

namespace mirrorscope {

// A row per host: host, traces, violated by level, inconclusive, lost, its worst trace, where more is said about that one.
struct HostTable {
  static constexpr size_t kColumns = 7;
  static constexpr std::array<const char*, kColumns> kHead{"host", "traces", "violated", "inconclusive", "lost", "worst trace", "more"};
  std::vector<std::array<std::string, kColumns>> rows;
  size_t left_out = 0;  // hosts behind them
};

// At most a screen of rows, unless `all`. What holds of every host is counted in `left_out`, too.
HostTable host_table(const Summary& summary, bool all);

std::string hosts_as_text(const Summary& summary, const Look& look);

}  // namespace mirrorscope
