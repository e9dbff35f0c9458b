// SPDX-License-Identifier: Apache-2.0
// How losses are counted once and looked up by time.
#include "analyzer/losses.h"

#include <algorithm>

namespace mirrorscope {

void LossLog::add(const LossWindow& w) {
  if (w.cause == MS_loss_skipped && w.event && w.event < EV_LIMIT)
    skipped_[w.event] += w.count;
  else if (w.cause == MS_loss_ring_full)
    ring_full_ += w.count;
  else if (w.cause == MS_loss_gap)
    gaps_ += w.count;
  else
    other_[w.cause % other_.size()] += w.count;
  // neighbouring windows of one kind are one window: a long loss costs no memory
  if (!windows_.empty()) {
    LossWindow& last = windows_.back();
    if (last.event == w.event && last.cause == w.cause && last.cpu == w.cpu && w.from <= last.until &&
        w.until >= last.from) {
      last.from = std::min(last.from, w.from);
      last.until = std::max(last.until, w.until);
      last.count += w.count;
      return;
    }
  }
  windows_.push_back(w);
}

bool LossLog::overlaps(uint64_t from, uint64_t until, const EventSet& needs) const {
  return std::any_of(windows_.begin(), windows_.end(), [&](const LossWindow& w) {
    return w.from <= until && w.until >= from && (w.event == 0 || w.event >= EV_LIMIT || needs.test(w.event));
  });
}

bool LossLog::unrepaired(const EventSet& needs) const {
  for (const LossWindow& w : windows_)
    if (w.event == 0 && w.count) return true;
  for (size_t i = 0; i < EV_LIMIT; ++i)
    if (needs.test(i) && skipped_[i] > witnessed_[i]) return true;
  return false;
}

// A full ring or a damaged packet leaves a gap too: named by its cause, it is counted once.
uint64_t LossLog::gaps_not_named() const {
  uint64_t named = ring_full_;
  for (uint64_t o : other_) named += o;
  return gaps_ > named ? gaps_ - named : 0;
}

uint64_t LossLog::total() const {
  uint64_t n = ring_full_ + gaps_not_named();
  for (uint64_t s : skipped_) n += s;
  for (uint64_t o : other_) n += o;
  return n;
}

uint64_t LossLog::repaired() const {
  uint64_t n = 0;
  for (size_t i = 0; i < EV_LIMIT; ++i) n += std::min(skipped_[i], witnessed_[i]);
  return n;
}

std::vector<LossCount> LossLog::counts() const {
  std::vector<LossCount> out;
  if (ring_full_) out.push_back({MS_loss_ring_full, 0, ring_full_, 0});
  if (gaps_not_named()) out.push_back({MS_loss_gap, 0, gaps_not_named(), 0});
  for (uint32_t i = 0; i < EV_LIMIT; ++i)
    if (skipped_[i]) out.push_back({MS_loss_skipped, i, skipped_[i], std::min(skipped_[i], witnessed_[i])});
  for (uint32_t c = 0; c < other_.size(); ++c)
    if (other_[c]) out.push_back({c, 0, other_[c], 0});
  return out;
}

}  // namespace mirrorscope
