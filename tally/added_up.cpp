// SPDX-License-Identifier: Apache-2.0
// How rows of several processes become one.
#include "tally/added_up.h"

#include <algorithm>

#include "schema/shown.h"

namespace mirrorscope {

std::string whose(const TallyRow& row, WorkloadSide side) {
  if (row.tgid == 0) return std::string(kNobodys);
  if (row.cgroup.empty()) return std::string(kNotKnown);
  const std::string name = shown(side_of(row.cgroup, side));
  return name.empty() ? std::string(kNobodys) : name;
}

Tally added_up(const Tally& tally, WorkloadSide side) {
  Tally sum = tally;
  sum.rows.clear();
  sum.pinned.clear();
  std::map<std::string, uint32_t> numbers;
  std::map<uint32_t, uint32_t> of_process;
  std::map<std::tuple<uint32_t, uint32_t, std::string>, TallyRow> rows;
  for (const TallyRow& row : tally.rows) {
    const std::string name = whose(row, side);
    const uint32_t number = numbers.emplace(name, static_cast<uint32_t>(numbers.size() + 1)).first->second;
    of_process.emplace(row.tgid, number);
    auto [known, is_new] = rows.try_emplace({number, row.kind, row.what}, row);
    TallyRow& all = known->second;
    if (is_new) {
      all.tgid = number;
      all.comm = name;
      all.ended = false;
      continue;
    }
    all.calls += row.calls;
    all.refused += row.refused;
    all.pages += row.pages;
    all.times += row.times;
  }
  for (auto& [key, row] : rows) sum.rows.push_back(std::move(row));
  for (const auto& [tgid, bytes] : tally.pinned)
    if (const auto number = of_process.find(tgid); number != of_process.end()) sum.pinned[number->second] += bytes;
  return sum;
}

}  // namespace mirrorscope
