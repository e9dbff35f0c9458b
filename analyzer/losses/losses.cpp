// SPDX-License-Identifier: Apache-2.0
// How losses are counted once and looked up by time.
#include "analyzer/losses/losses.h"

#include <algorithm>

namespace mirrorscope {

void Stretches::add(uint64_t from, uint64_t until) {
  until = std::max(from, until);
  // the first that ends at `from` or later: all in front of it stay as they are
  auto first = std::lower_bound(list_.begin(), list_.end(), from, [](const Stretch& s, uint64_t time) { return s.until < time; });
  auto last = first;
  for (; last != list_.end() && last->from <= until; ++last) {
    from = std::min(from, last->from);
    until = std::max(until, last->until);
  }
  if (first != last) {
    *first = {from, until};
    list_.erase(first + 1, last);
    return;
  }
  list_.insert(first, {from, until});
  if (list_.size() > kMost) join_the_closest();
}

// Half of the gaps go, the narrow ones: so this is done once for thousands of losses.
void Stretches::join_the_closest() {
  std::vector<uint64_t> gaps;
  for (size_t i = 1; i < list_.size(); ++i) gaps.push_back(list_[i].from - list_[i - 1].until);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  const uint64_t narrow = *middle;
  std::vector<Stretch> joined;
  for (const Stretch& s : list_) {
    if (!joined.empty() && s.from - joined.back().until <= narrow)
      joined.back().until = s.until;
    else
      joined.push_back(s);
  }
  list_ = std::move(joined);
}

bool Stretches::overlaps(uint64_t from, uint64_t until) const {
  const auto at = std::lower_bound(list_.begin(), list_.end(), from, [](const Stretch& s, uint64_t time) { return s.until < time; });
  return at != list_.end() && at->from <= until;
}

void LossLog::add(const LossWindow& w) {
  const uint32_t event = w.event < EV_LIMIT ? w.event : 0;
  Total& total = w.cause == MS_loss_skipped && event ? skipped_[event] : by_cause_[w.cause % by_cause_.size()];
  total.any = any_ = true;
  total.count += w.count;
  total.from = std::min(total.from, w.from);
  total.until = std::max(total.until, w.until);
  // callbacks that ran before their probe was there are not missed by a rule that asks whether it was there
  if (!event && (w.count || w.cause == MS_loss_clock || w.cause == MS_loss_no_account)) any_event_ = true;
  windows_[event].add(w.from, w.until);
}

void LossLog::take_back(uint32_t cause, uint64_t count) {
  uint64_t& total = by_cause_[cause % by_cause_.size()].count;
  total -= std::min(total, count);
}

bool LossLog::overlaps(uint64_t from, uint64_t until, const EventSet& needs) const {
  if (!any_) return false;
  if (windows_[0].overlaps(from, until)) return true;
  for (size_t id = 1; id < EV_LIMIT; ++id)
    if (needs.test(id) && windows_[id].overlaps(from, until)) return true;
  return false;
}

bool LossLog::unrepaired(const EventSet& needs) const {
  if (any_event_) return true;
  for (size_t i = 0; i < EV_LIMIT; ++i)
    if (needs.test(i) && skipped_[i].count > witnessed_[i]) return true;
  return false;
}

// Of the numbers that are missing, inside a stream or at its end, those that no other cause explains.
uint64_t LossLog::unexplained() const {
  uint64_t missing = 0, named = 0;
  for (uint32_t c = 0; c < by_cause_.size(); ++c) {
    const bool counted_by_number = c == MS_loss_gap || c == MS_loss_stream_short || c == MS_loss_deleted || c == MS_loss_discarded;
    (counted_by_number ? missing : named) += by_cause_[c].count;
  }
  return missing > named ? missing - named : 0;
}

LossCount LossLog::row(uint32_t cause, uint32_t event, const Total& total, uint64_t count) const {
  return {cause, event, count, std::min(total.count, event ? witnessed_[event] : 0), total.from, total.until};
}

uint64_t LossLog::total() const {
  uint64_t n = 0;
  for (const LossCount& c : counts()) n += c.count;
  return n;
}

uint64_t LossLog::repaired() const {
  uint64_t n = 0;
  for (size_t i = 0; i < EV_LIMIT; ++i) n += std::min(skipped_[i].count, witnessed_[i]);
  return n;
}

std::vector<LossCount> LossLog::counts() const {
  std::vector<LossCount> out;
  uint64_t left = unexplained();
  for (uint32_t c = 0; c < by_cause_.size(); ++c) {
    const Total& t = by_cause_[c];
    if (!t.any) continue;
    // what is merely worth knowing, callbacks that ran before their probe was there, is no loss as long as nothing is known to be missing
    const LossInfo* why = loss_info(c);
    if (!t.count && why && why->severity == LossSeverity::info) continue;
    uint64_t count = t.count;
    // the cause that says most comes first; what is left are numbers that are missing for no reason that anybody knows
    if (c == MS_loss_gap || c == MS_loss_stream_short || c == MS_loss_deleted || c == MS_loss_discarded) {
      count = std::min(count, left);
      left -= count;
      if (!count && t.count) continue;
    }
    out.push_back(row(c, 0, t, count));
  }
  for (uint32_t i = 0; i < EV_LIMIT; ++i)
    if (skipped_[i].any) out.push_back(row(MS_loss_skipped, i, skipped_[i], skipped_[i].count));
  return out;
}

}  // namespace mirrorscope
