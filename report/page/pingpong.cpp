// SPDX-License-Identifier: Apache-2.0
// A range comes in when a look-up succeeds or it is mapped, and goes out with the next invalidation that touches it.
#include "report/page/pingpong.h"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace mirrorscope {

void PingPong::look_up(const ev_header& h, uint64_t start, uint64_t end) {
  if (end <= start) return;
  if (spaces_.size() >= kTracked && !spaces_.contains(h.mm)) {
    ++untracked_;
    return;
  }
  const auto [space, is_first] = spaces_.try_emplace(h.mm);
  if (is_first) space->second.number = ++made_;
  auto& in = space->second.in;
  auto next = in.lower_bound(start);
  if (next != in.end() && next->first < end) return;  // in already, at least in part
  if (next != in.begin() && rows_[std::prev(next)->second].end > start) return;
  const auto [it, is_new] = index_.try_emplace({space->second.number, start, end}, rows_.size());
  if (is_new) {
    if (rows_.size() == kTracked) {
      ++untracked_;
      index_.erase(it);
      return;
    }
    Row row;
    row.mm = h.mm, row.start = start, row.end = end, row.tid = h.tid, row.tgid = h.tgid, row.first = h.time;
    rows_.push_back(row);
  }
  Row& row = rows_[it->second];
  if (row.lookups++) ++row.rounds;
  row.last = h.time;
  in.emplace_hint(next, start, it->second);
}

void PingPong::invalidate(const ev_header& h, uint64_t start, uint64_t end, uint32_t reason) {
  const auto found = spaces_.find(h.mm);
  if (found == spaces_.end()) return;
  auto& in = found->second.in;
  auto it = in.lower_bound(start);
  if (it != in.begin() && rows_[std::prev(it)->second].end > start) --it;
  while (it != in.end() && it->first < end) {
    ++rows_[it->second].invalidated[reason % kReasons];
    it = in.erase(it);
  }
}

void PingPong::see(const ev_header& h) {
  switch (h.id) {
    case EV_range_fault_ret: {
      const auto& e = reinterpret_cast<const ev_range_fault_ret&>(h);
      if (e.ret == 0) look_up(h, e.start, e.end);
      return;
    }
    case EV_dev_map: {
      const auto& e = reinterpret_cast<const ev_dev_map&>(h);
      return look_up(h, e.start, e.end);
    }
    case EV_inv_start: {
      const auto& e = reinterpret_cast<const ev_inv_start&>(h);
      return invalidate(h, e.start, e.end, e.reason);
    }
    case EV_mm_exit_ret:
      spaces_.erase(h.mm);
      return;
    default: return;
  }
}

std::vector<PingPong::Row> PingPong::rows(size_t most) const {
  std::vector<Row> list;
  for (const Row& row : rows_)
    if (row.rounds) list.push_back(row);
  std::sort(list.begin(), list.end(), [](const Row& a, const Row& b) {
    if (a.rounds != b.rounds) return a.rounds > b.rounds;
    return std::tie(a.first, a.mm, a.start, a.end) < std::tie(b.first, b.mm, b.start, b.end);
  });
  if (list.size() > most) list.resize(most);
  return list;
}

}  // namespace mirrorscope
