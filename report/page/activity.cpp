// SPDX-License-Identifier: Apache-2.0
// How records are counted into bins, and where numbers are missing.
#include "report/page/activity.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "report/values.h"
#include "report/whose.h"

namespace mirrorscope {

namespace {
constexpr uint32_t kOthers = UINT32_MAX;
constexpr uint32_t kUnknownReason = 32;

template <typename Row>
void keep_largest(std::vector<Row>& rows, size_t most) {
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.total > b.total; });
  if (rows.size() > most) rows.resize(most);
}
}  // namespace

Activity::Activity(uint64_t from, uint64_t until) : from_(from), until_(std::max(from, until)), width_((until_ - from) / kBins + 1) {}

size_t Activity::bin_of(uint64_t time) const {
  if (time <= from_) return 0;
  return std::min<uint64_t>((time - from_) / width_, kBins - 1);
}

void Activity::lose(const Place& place) {
  Place p = place;
  p.from = std::clamp(p.from, from_, until_);
  p.until = std::clamp(p.until, p.from, until_);
  if (places_.size() == kPlaces) {
    ++left_out_;
    return;
  }
  places_.push_back(p);
}

void Activity::see(const ev_header& h) {
  if (h.id == EV_lost) {
    const auto& e = reinterpret_cast<const ev_lost&>(h);
    // a full ring leaves a gap in the numbers, and that has the better place
    if (e.cause != MS_loss_ring_full) lose({e.from, e.until, e.count, e.cause, e.on_cpu});
  }
  if (h.cpu == MS_ABOUT_CPU) return;
  const size_t bin = bin_of(h.time);
  Cpu& cpu = cpus_[h.cpu];
  if (cpu.total && h.seq != cpu.next) {
    const auto missing = static_cast<int32_t>(h.seq - cpu.next);
    lose({cpu.last_time, h.time, static_cast<uint64_t>(std::max(1, missing)), MS_loss_gap, h.cpu});
  }
  cpu.next = h.seq + 1;
  cpu.last_time = h.time;
  ++cpu.total;
  ++cpu.bins[bin];
  auto& area = areas_[static_cast<size_t>(event_info(h.id)->area)];
  ++area.first;
  ++area.second[bin];
  auto process = processes_.find(h.tgid);
  if (process == processes_.end()) process = processes_.try_emplace(processes_.size() < kProcesses ? h.tgid : kOthers).first;
  Process& p = process->second;
  if (!p.total++) p.tid = h.tid;
  ++p.bins[bin];
  if (h.id != EV_inv_start) return;
  // a word that this build does not know is counted with the others
  auto& [count, bins] = p.invalidations[std::min<uint32_t>(reinterpret_cast<const ev_inv_start&>(h).reason, kUnknownReason)];
  ++count;
  ++bins[bin];
}

std::vector<Activity::Row> Activity::areas() const {
  std::vector<Row> rows;
  for (size_t i = 0; i < areas_.size(); ++i)
    if (areas_[i].first) rows.push_back({std::string(to_string(static_cast<EventArea>(i))), areas_[i].first, areas_[i].second});
  return rows;
}

std::vector<Activity::Row> Activity::cpus(size_t most) const {
  std::vector<Row> rows;
  for (const auto& [number, cpu] : cpus_) rows.push_back({fmt::format("CPU {}", number), cpu.total, cpu.bins});
  if (rows.size() > most) keep_largest(rows, most);
  return rows;
}

std::string Activity::name_of(uint32_t tgid, const Process& process, const Names& names) const {
  if (tgid == kOthers) return "other processes";
  std::string name = names.task(tgid);  // the task with the number of the process is its first
  if (name == "?") name = names.task(process.tid);
  return fmt::format("{} ({})", name == "?" ? "task" : name, tgid);
}

std::vector<Activity::Row> Activity::processes(const Names& names, size_t most) const {
  std::vector<Row> rows;
  for (const auto& [tgid, p] : processes_) rows.push_back({name_of(tgid, p, names), p.total, p.bins});
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.name < b.name; });
  keep_largest(rows, most);
  return rows;
}

std::vector<Activity::Storm> Activity::storms(const Names& names, size_t most) const {
  std::vector<Storm> rows;
  for (const auto& [tgid, p] : processes_)
    for (const auto& [reason, counted] : p.invalidations)
      rows.push_back({name_of(tgid, p, names), whose(tgid, names), reason, counted.first, counted.second});
  std::sort(rows.begin(), rows.end(), [](const Storm& a, const Storm& b) { return std::tie(a.process, a.reason) < std::tie(b.process, b.reason); });
  keep_largest(rows, most);
  return rows;
}

}  // namespace mirrorscope
