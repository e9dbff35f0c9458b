// SPDX-License-Identifier: Apache-2.0
// How the rings are read and how losses are settled.
#include "collector/stream/pump.h"

#include <algorithm>

#include "schema/catalog.h"

namespace mirrorscope {

namespace {

constexpr int slots_per_round =
    512;  // read between two releases: the kernel gets its room back while we are still busy

// ktime_get_mono_fast_ns(), the clock of the programs, may stand a few ns off the clock of user space while the
// timekeeper is updated (kernel/time/timekeeping.c). What we say about "up to now" keeps this distance.
constexpr uint64_t clock_margin = 1000;

// A record that is read before it was made: its CPU's clock is ahead of ours by more than any update of the timekeeper explains, so its
// times cannot be compared with those of other CPUs. Ten times what rules allow for (Mirror::kClockSlack) is no accident.
constexpr uint64_t clock_ahead = 20'000;

// How exactly a reader can say when a stream broke off, for 72 bytes a CPU.
constexpr uint64_t account_every = 250'000'000;

uint64_t read(const ms_t_u64& counter) { return __atomic_load_n(&counter, __ATOMIC_ACQUIRE); }

}  // namespace

Pump::Pump(const ms_cpu* counters, Outlet& outlet, Hashing& hashing, Losses& losses, About& about, Watcher& watcher)
    : counters_(counters),
      outlet_(outlet),
      hashing_(hashing),
      losses_(losses),
      about_(about),
      watcher_(watcher),
      began_(about.time()) {}

void Pump::add_cpu(uint16_t cpu, std::optional<Ring> ring) {
  cpus_.push_back(std::make_unique<Cpu>(cpu, std::move(ring), *this));
}

void Pump::deliver(Cpu& c, const ev_header* record) {
  watcher_.saw(*record);
  c.out.add(record, record_sizes[record->id]);
}

void Pump::lose(Cpu& c, const Gap& gap) {
  losses_.ring_full(c.cpu, gap);
  c.out.discarded(c.sequence.lost() + gap.count);
}

void Pump::read(Cpu& c) {
  auto give = [&](const ev_header* record) { deliver(c, record); };
  // What is reserved from now on can wait for the next call: other CPUs want to be read too.
  const uint64_t end = c.ring->produced();
  while (c.ring->read_to() < end) {
    int slots = 0;
    for (; slots < slots_per_round; ++slots) {
      const Ring::Slot slot = c.ring->next();
      if (slot.bytes.empty()) break;
      const auto* record = reinterpret_cast<const ev_header*>(slot.bytes.data());
      if (slot.bytes.size() < sizeof(ev_header) || record->id >= EV_LIMIT || record_sizes[record->id] == 0 ||
          record_sizes[record->id] > slot.bytes.size() || record->cpu != c.cpu) {
        broken_ = fail(0, "the ring of CPU ", c.cpu, " holds ", slot.bytes.size(), " bytes that are no record (id ",
                       slot.bytes.size() < sizeof(ev_header) ? 0 : record->id, ")");
        return;
      }
      c.sequence.arrive(record->seq, record->time, slot.position, record, give);
    }
    settle_cpu(c);
    c.ring->release(c.sequence.held().value_or(c.ring->read_to()));
    if (slots < slots_per_round) return;
  }
}

void Pump::settle_cpu(Cpu& c) {
  auto give = [&](const ev_header* record) { deliver(c, record); };
  auto lost = [&](const Gap& gap) { lose(c, gap); };
  const uint64_t read_to = c.ring ? c.ring->read_to() : 0;
  if (c.ring) c.sequence.settle(read_to, c.ring->produced(), give, lost);
  if (c.reached || read_to < c.position) return;
  c.sequence.settle_below(c.number, *settling_, give, lost);
  // A record may wait behind a gap that is younger than the promise, and yet be older than the time we settle.
  c.reached = c.sequence.first_waiting() > *settling_;
}

Result<void> Pump::drain() {
  for (auto& c : cpus_)
    if (c->ring) {
      read(*c);
      look_at_clock(*c);
    }
  if (!broken_) return broken_;
  if (auto settled = settle_if_reached(); !settled) return settled;
  return flush();
}

Result<void> Pump::flush() {
  for (auto& c : cpus_)
    if (auto done = c->out.flush(); !done) return done;
  return about_.flush();
}

void Pump::begin_settlement() {
  settling_ = clock_now() - clock_margin;
  for (auto& c : cpus_) {
    c->number = mirrorscope::read(counters_[c->cpu].next_seq);
    c->position = c->ring ? c->ring->produced() : 0;
    c->reached = false;
  }
}

void Pump::look_at_clock(Cpu& c) {
  if (c.ahead || c.out.last_time() <= clock_now() + clock_ahead) return;
  c.ahead = true;
  ev_lost lost{};
  lost.cause = MS_loss_clock;
  lost.until = UINT64_MAX;
  lost.on_cpu = c.cpu;
  losses_.add(lost);
}

// A reader compares this with what it has read: a stream that is gone leaves no number that could be missing.
void Pump::account(Cpu& c, bool last) {
  c.accounted = c.sequence.next();
  ev_cpu_account account{};
  account.next = c.sequence.delivered_to();
  account.delivered = c.sequence.delivered();
  account.lost = c.sequence.lost();
  account.last_time = c.out.last_time();
  account.on_cpu = c.cpu;
  account.last = last;
  about_.add(EV_cpu_account, account.h);
}

void Pump::close_accounts() {
  for (auto& c : cpus_)
    if (c->sequence.next()) account(*c, true);
}

Result<void> Pump::settle_if_reached() {
  if (!settling_) return {};
  uint64_t numbers = 0, dropped = 0;
  for (auto& c : cpus_) {
    if (!c->reached) {
      settle_cpu(*c);
      if (c->ring) c->ring->release(c->sequence.held().value_or(c->ring->read_to()));
    }
    if (!c->reached) return {};
    numbers += c->sequence.next();
    dropped += c->sequence.lost();
  }
  if (auto polled = losses_.poll_skipped(); !polled) return polled;
  const bool news = numbers != settled_numbers_ || losses_.waiting();
  settled_numbers_ = numbers;
  // All records up to this time go out before the record that says so.
  if (auto flushed = flush(); !flushed) return flushed;
  if (news) {
    about_.advance(*settling_);
    if (*settling_ - accounts_made_ >= account_every) {
      accounts_made_ = *settling_;
      for (auto& c : cpus_)
        if (c->sequence.next() != c->accounted) account(*c, false);
    }
    losses_.settle(about_, dropped);
  }
  settling_.reset();
  return {};
}

Result<void> Pump::tick() {
  if (!settling_) begin_settlement();
  if (auto settled = settle_if_reached(); !settled) return settled;
  return flush();
}

Result<bool> Pump::finish() {
  if (auto done = drain(); !done) return done.error();
  if (!settling_) begin_settlement();
  if (auto done = drain(); !done) return done.error();
  if (settling_) return false;
  return std::all_of(cpus_.begin(), cpus_.end(), [this](const auto& c) {
    return c->sequence.next() == mirrorscope::read(counters_[c->cpu].next_seq);
  });
}

std::vector<Books> Pump::books() const {
  std::vector<Books> all;
  for (const auto& c : cpus_)
    all.push_back({c->cpu, mirrorscope::read(counters_[c->cpu].next_seq), mirrorscope::read(counters_[c->cpu].dropped),
                   c->sequence.delivered(), c->sequence.lost()});
  return all;
}

uint64_t Pump::delivered() const {
  uint64_t n = 0;
  for (const auto& c : cpus_) n += c->sequence.delivered();
  return n;
}

uint64_t Pump::lost() const {
  uint64_t n = 0;
  for (const auto& c : cpus_) n += c->sequence.lost();
  return n;
}

}  // namespace mirrorscope
