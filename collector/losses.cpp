// SPDX-License-Identifier: Apache-2.0
// How losses are collected between two settlements.
#include "collector/losses.h"

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

Result<void> Losses::poll_skipped() {
  const uint64_t began = clock_now();
  for (Program& program : programs_) {
    auto misses = read_(program.program);
    if (!misses) return misses.error();
    if (*misses == program.misses) continue;
    ev_lost lost{};
    lost.cause = MS_loss_skipped;
    lost.event = program.event;
    lost.from = polled_before_;
    lost.until = clock_now();
    lost.count = *misses - program.misses;
    lost.on_cpu = -1;
    queue_.push_back(lost);
    skipped_ += lost.count;
    program.misses = *misses;
  }
  polled_before_ = polled_;
  polled_ = began;
  return {};
}

void Losses::settle(About& about, uint64_t dropped) {
  for (ev_lost& lost : queue_) about.add(EV_lost, lost.h);
  queue_.clear();
  ev_loss_settled settled{};
  settled.until = polled_before_;
  settled.skipped = skipped_;
  settled.dropped = dropped;
  about.add(EV_loss_settled, settled.h);
}

}  // namespace mirrorscope
