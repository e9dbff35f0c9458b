// SPDX-License-Identifier: Apache-2.0
// How the parts of a recording work together, in which order they begin and end.
#include "collector/session/recording.h"

#include <bpf/bpf.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>

#include "schema/catalog.h"

namespace mirrorscope {

namespace {

using namespace std::chrono_literals;

constexpr auto flush_every = 2s;       // what kill -9 can cost of a quiet stream
constexpr auto look_again_every = 2s;  // at the names of tasks
constexpr auto progress_every = 100ms;
constexpr auto end_patience = 2s;  // for a program that was preempted in the middle of a record

std::vector<uint64_t> read_stack(int map, int32_t id) {
  std::vector<uint64_t> frames(MS_STACK_DEPTH);
  if (map < 0 || bpf_map_lookup_elem(map, &id, frames.data()) != 0) return {};
  frames.erase(std::find(frames.begin(), frames.end(), 0), frames.end());
  return frames;
}

}  // namespace

Recording::Recording(const RecordOptions& options, RecordObserver& observer, Attached attached, trace::Writer writer,
                     RecordTap tap)
    : options_(options),
      observer_(observer),
      attached_(std::move(attached)),
      outlet_(std::move(writer), std::move(tap)),
      hashing_(options.raw_addresses ? Hashing::Addresses::raw : Hashing::Addresses::hashed),
      began_(clock_now()),
      losses_(began_, [this](size_t program) { return attached_.runs(watched_[program]); }),
      about_(outlet_, hashing_, began_),
      naming_(
          about_, attached_.symbols(), [this](int32_t id) { return read_stack(attached_.stacks(), id); }, comm_of,
          facts_of),
      pump_(attached_.cpus().data(), outlet_, hashing_, losses_, about_, *this) {}

Result<void> Recording::map_rings(Wakeups& wakeups) {
  const auto rings = attached_.rings();
  for (size_t cpu = 0; cpu < rings.size(); ++cpu) {
    auto ring = Ring::map(rings[cpu], attached_.ring_bytes());
    if (!ring) return ring.error();
    pump_.add_cpu(static_cast<uint16_t>(cpu), std::move(*ring));
    if (auto added = wakeups.on_records(rings[cpu]); !added) return added;
  }
  return {};
}

Result<void> Recording::activate() {
  if (options_.run_counts)
    if (auto counts = attached_.enable_run_counts(); !counts) observer_.warning(counts.error().message);
  return attached_.activate();
}

Result<void> Recording::begin() {
  ev_ready ready{};
  for (const ProbeState& state : attached_.states()) {
    write_state(state);
    watch(state);
    ++(state.attached() ? ready.attached : ready.missing);
  }
  about_.add(EV_ready, ready.h);
  // On disk before anybody is told, and before the first packet of a CPU: without it nobody could say what a killed recording has seen.
  if (auto written = about_.flush(); !written) return written;
  if (auto flushed = outlet_.flush(); !flushed) return flushed;
  observer_.ready(attached_.states());
  return {};
}

void Recording::watch(const ProbeState& state) {
  if (!state.attached()) return;
  losses_.watch(watched_.size(), state.event);
  watched_.push_back(state);
}

void Recording::saw(const ev_header& record) {
  naming_.task(record.tid, record.tgid);
  if (record.id == EV_inv_start) return naming_.stack(reinterpret_cast<const ev_inv_start&>(record).stack);
  if (record.id == EV_call_site) return naming_.stack(reinterpret_cast<const ev_call_site&>(record).stack);
  const bool of_sub = record.id == EV_sub_insert_ret || record.id == EV_sub_seen;
  if (!of_sub && record.id != EV_mn_register_ret && record.id != EV_mn_seen) return;
  for (ProbeState& state : attached_.discover(record)) {
    ev_lost late{};
    late.cause = MS_loss_late_callback;
    late.event = state.event;
    late.from = record.time;
    late.until = state.attached() ? state.since : UINT64_MAX;
    late.on_cpu = -1;
    losses_.add(late);
    watch(state);
    late_.push_back(std::move(state));
  }
  // After discover(), which reads /proc/kallsyms again when it meets a callback of a new module.
  if (record.id == EV_sub_insert_ret) {
    naming_.function(reinterpret_cast<const ev_sub_insert_ret&>(record).invalidate);
    naming_.function(reinterpret_cast<const ev_sub_insert_ret&>(record).finish);
  } else if (record.id == EV_sub_seen) {
    naming_.function(reinterpret_cast<const ev_sub_seen&>(record).invalidate);
    naming_.function(reinterpret_cast<const ev_sub_seen&>(record).finish);
  }
}

void Recording::write_state(const ProbeState& state) {
  naming_.function(state.address);
  ev_probe_state e{};
  e.event = state.event;
  e.how = state.how;
  e.fn = state.address;
  e.error = -state.error;
  e.program = state.program;
  set_text(e.function, state.function);
  about_.add(EV_probe_state, e.h);
}

// The time of a probe_state record must not be earlier than the moment its probe was attached.
void Recording::write_late_states() {
  std::erase_if(late_, [this](const ProbeState& state) {
    if (state.since > about_.time()) return false;
    write_state(state);
    return true;
  });
}

Result<void> Recording::step() {
  if (auto drained = pump_.drain(); !drained) return drained;
  write_late_states();
  return {};
}

Progress Recording::progress() const {
  return {std::chrono::nanoseconds(clock_now() - began_), pump_.delivered(),
          pump_.lost() + losses_.skipped() + outlet_.lost(), outlet_.bytes_written()};
}

Result<StopReason> Recording::run(Wakeups& wakeups, std::optional<Command>& command) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  auto next_tick = start, next_flush = start + flush_every, next_look = start + look_again_every, next_progress = start;
  auto due = [](Clock::time_point now, Clock::time_point& when, auto period) {
    if (now < when) return false;
    when = now + period;
    return true;
  };
  for (;;) {
    auto woken = wakeups.wait(next_tick - Clock::now());
    if (!woken) return woken.error();
    if (auto stepped = step(); !stepped) return stepped.error();
    const auto now = Clock::now();
    if (woken->stop) return StopReason::told;
    if (woken->command && command && command->ended()) return StopReason::command_ended;
    if (options_.duration.count() && now - start >= options_.duration) return StopReason::duration;
    if (due(now, next_tick, options_.tick)) {
      outlet_.add_losses(losses_);
      if (auto ticked = pump_.tick(); !ticked) return ticked.error();
    }
    if (due(now, next_look, look_again_every)) naming_.look_again();
    if (due(now, next_flush, flush_every)) {
      if (auto flushed = outlet_.flush(); !flushed) return flushed.error();
      // The next packet must not begin at the time of the last: babeltrace2 puts packets of equal begin the wrong way
      // round when it merges the segments of a trace (ctf_fs_ds_index_insert_ds_index_entry_sorted()).
      about_.advance(about_.time() + 1);
    }
    if (due(now, next_progress, progress_every)) observer_.progress(progress());
    if (const std::string complaint = outlet_.complaint(); !complaint.empty()) observer_.warning(complaint);
  }
}

Result<Recorded> Recording::end(StopReason why) {
  Recorded done;
  done.why = why;
  done.elapsed = std::chrono::nanoseconds(clock_now() - began_);
  attached_.deactivate();
  // A program that had begun before that ends its record now; twice in a row, because one may sit before its
  // reservation.
  const auto give_up = std::chrono::steady_clock::now() + end_patience;
  for (int quiet = 0; quiet < 2 && std::chrono::steady_clock::now() < give_up;) {
    outlet_.add_losses(losses_);
    auto finished = pump_.finish();
    if (!finished) return finished.error();
    quiet = *finished ? quiet + 1 : 0;
    std::this_thread::sleep_for(10ms);
  }
  write_late_states();
  pump_.close_accounts();
  done.books = pump_.books();
  ev_stopped stopped{};
  for (const Books& b : done.books) stopped.sent += b.produced;
  stopped.delivered = done.records = pump_.delivered();
  stopped.lost = done.ring_full = pump_.lost();
  about_.add(EV_stopped, stopped.h);
  if (auto flushed = about_.flush(); !flushed) return flushed.error();
  if (auto closed = outlet_.close(); !closed) done.unclosed = closed.error().message;
  done.skipped = losses_.skipped();
  done.unwritten = outlet_.unwritten();
  done.bytes = outlet_.bytes_written();
  for (const ProbeState& state : attached_.states()) {
    ProbeCounts counts{state, 0, 0, 0};
    if (auto runs = attached_.runs(state); state.attached() && runs) {
      counts.runs = runs->runs;
      counts.made_up = runs->covered;
    }
    for (size_t i = 0; i < watched_.size(); ++i)
      if (state.attached() && watched_[i].fd == state.fd) counts.skipped = losses_.skipped(i);
    done.probes.push_back(std::move(counts));
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  done.peak_rss = static_cast<uint64_t>(usage.ru_maxrss) * 1024;
  return done;
}

}  // namespace mirrorscope
