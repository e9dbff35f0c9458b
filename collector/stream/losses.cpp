// SPDX-License-Identifier: Apache-2.0
// How losses are collected between two settlements.
#include "collector/stream/losses.h"

#include <algorithm>

namespace mirrorscope {

namespace {
// A settlement can be kept waiting by a program that was preempted in the middle of a record. So that memory stays
// bounded meanwhile, gaps of a CPU are then joined: the count stays exact, the place gets wider.
constexpr size_t most_waiting = 8192;
}  // namespace

void Losses::ring_full(uint16_t cpu, const Gap& gap) {
  if (queue_.size() >= most_waiting) {
    for (auto last = queue_.rbegin(); last != queue_.rend(); ++last) {
      if (last->cause != MS_loss_ring_full || last->on_cpu != cpu) continue;
      last->count += gap.count;
      last->until = gap.until;
      return;
    }
  }
  ev_lost lost{};
  lost.cause = MS_loss_ring_full;
  lost.from = gap.from;
  lost.until = gap.until;
  lost.count = gap.count;
  lost.on_cpu = cpu;
  queue_.push_back(lost);
}

uint64_t SkippedRuns::take(const ProgramRuns& r, uint64_t time) {
  // each run that was made up for had been skipped before: equal numbers, the one that lags read first, say that nobody is in between
  if (r.skipped <= r.covered_before + lost_) {
    lost_ = r.skipped - std::min(r.skipped, r.covered_before);
    balanced_ = time;
    missing_before_ = 0;
    return 0;
  }
  const uint64_t missing = r.skipped - std::min(r.skipped, r.covered);
  lost_ = std::max(lost_, std::min(missing, missing_before_));
  missing_before_ = missing;
  const uint64_t news = lost_ - std::min(lost_, told_);
  told_ += news;
  return news;
}

Result<void> Losses::poll_skipped() {
  const uint64_t began = clock_now();
  uint64_t certain = began;
  for (Program& program : programs_) {
    auto runs = read_(program.program);
    if (!runs) return runs.error();
    const uint64_t since = program.runs.since();
    if (const uint64_t count = program.runs.take(*runs, began)) {
      ev_lost lost{};
      lost.cause = MS_loss_skipped;
      lost.event = program.event;
      lost.from = since;
      lost.until = clock_now();
      lost.count = count;
      lost.on_cpu = -1;
      queue_.push_back(lost);
      skipped_ += count;
    }
    certain = std::min(certain, program.runs.since());
  }
  certain_ = std::max(certain_, certain);
  return {};
}

uint64_t Losses::skipped(size_t program) const {
  for (const Program& p : programs_)
    if (p.program == program) return p.runs.lost();
  return 0;
}

void Losses::settle(About& about, uint64_t dropped) {
  for (ev_lost& lost : queue_) about.add(EV_lost, lost.h);
  queue_.clear();
  ev_loss_settled settled{};
  settled.until = certain_;
  settled.skipped = skipped_;
  settled.dropped = dropped;
  about.add(EV_loss_settled, settled.h);
}

}  // namespace mirrorscope
