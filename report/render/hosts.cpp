// SPDX-License-Identifier: Apache-2.0
// What stands in a row of the hosts' table, and how wide it is as text.
#include "report/render/hosts.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "report/folding.h"
#include "report/result/own_report.h"

namespace mirrorscope {

namespace {
constexpr size_t kRows = 20;

std::string violated_text(const std::array<size_t, 3>& by_level) {
  std::string out;
  for (const auto& [n, one, many] : {std::tuple(by_level[0], "hard", "hard"), std::tuple(by_level[1], "hazard", "hazards"), std::tuple(by_level[2], "smell", "smells")})
    if (n) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", n, n == 1 ? one : many);
  return out.empty() ? "-" : out;
}
}  // namespace

std::string own_report(const Part& part) {
  if (part.files.empty()) return {};
  std::error_code none;
  const std::filesystem::path page = std::filesystem::path(part.files.front()).replace_extension(".html");
  return std::filesystem::exists(page, none) ? page.string() : part.files.front();
}

HostTable host_table(const Summary& s, bool all) {
  HostTable table;
  for (const HostRow& h : s.hosts) {
    if (!all && table.rows.size() == kRows) {
      ++table.left_out;
      continue;
    }
    const Part& worst = *h.parts.front();
    table.rows.push_back({h.host.empty() ? "(no host)" : h.host, h.failed ? fmt::format("{}, {} failed", h.parts.size(), h.failed) : std::to_string(h.parts.size()),
                          violated_text(h.violated), h.inconclusive ? std::to_string(h.inconclusive) : "-", h.lost ? grouped(h.lost) : "-", worst.trace.path,
                          own_report(worst)});
  }
  return table;
}

std::string hosts_as_text(const Summary& summary, const Look& look) {
  const HostTable table = host_table(summary, look.all_rules);
  std::array<size_t, HostTable::kColumns> width{};
  for (size_t c = 0; c < width.size(); ++c) {
    width[c] = std::string_view(HostTable::kHead[c]).size();
    for (const auto& row : table.rows) width[c] = std::max(width[c], row[c].size());
  }
  std::string out = "\nhosts, worst first:\n";
  const auto say = [&](const auto& row) {
    std::string line = " ";
    for (size_t c = 0; c < width.size(); ++c) line += fmt::format(" {:{}}", row[c], c + 1 < width.size() ? width[c] + 1 : 0);
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  };
  say(HostTable::kHead);
  for (const auto& row : table.rows) say(row);
  if (table.left_out) out += fmt::format("  and {} more; --all lists them\n", table.left_out);
  return out;
}

}  // namespace mirrorscope
