// SPDX-License-Identifier: Apache-2.0
// How counters of the kernel get the names of processes, drivers and reasons.
#include "collector/session/tallying.h"

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>

#include "collector/kernel/privileges.h"
#include "collector/kernel/symbols.h"
#include "collector/probes/probe.h"
#include "collector/stream/naming.h"
#include "collector/stream/process_facts.h"
#include "schema/catalog.h"
#include "schema/shown.h"

namespace mirrorscope {

namespace {

uint64_t pinned_of(uint32_t tgid) {
  std::ifstream status("/proc/" + std::to_string(tgid) + "/status");
  for (std::string line; std::getline(status, line);) {
    unsigned long long kilobytes = 0;
    if (std::sscanf(line.c_str(), "VmPin: %llu kB", &kilobytes) == 1) return kilobytes * 1024;
  }
  return 0;
}

// MIGRATE_VMA_SELECT_* of include/linux/migrate.h: pages are taken from where; drivers that select system memory move it to the device.
std::string direction(uint64_t flags) {
  enum : uint64_t { system = 1, device_private = 2, device_coherent = 4 };
  const bool to = flags & system, from = flags & (device_private | device_coherent);
  return to && from ? "both ways" : to ? "to device" : from ? "from device" : "unknown";
}

}  // namespace

Result<Tallying> Tallying::start(const TallyOptions& options) {
  if (auto may = can_record(); !may) return may.error();
  auto user = owner_of_trace({});  // makes no trace, and need not be root any longer either
  if (!user) return user.error();
  auto command = prepare_command(options.scope);
  if (!command) return command.error();
  auto probes = probes_for(options.scope, *command);
  if (!probes) return probes.error();
  probes->tally = true;
  probes->stacks = false;
  auto attached = open_load_attach(*probes);
  if (!attached) return attached.error();
  auto wakeups = Wakeups::make();
  if (!wakeups) return wakeups.error();
  Tallying tallying(options, std::move(*attached), std::move(*wakeups), std::move(*command));
  if (auto active = tallying.attached_.activate(); !active) return active.error();
  if (tallying.command_) {
    if (auto waits = tallying.wakeups_.on_command(tallying.command_->fd()); !waits) return waits.error();
    if (auto goes = tallying.command_->go(); !goes) return goes.error();
  }
  if (auto dropped = keep_only_recording(*user); !dropped) return dropped.error();
  return tallying;
}

Result<std::optional<StopReason>> Tallying::wait(std::chrono::nanoseconds at_most) {
  auto woken = wakeups_.wait(at_most);
  if (!woken) return woken.error();
  std::optional<StopReason> why;
  if (woken->stop) why = StopReason::told;
  if (woken->command && command_ && command_->ended()) why = StopReason::command_ended;
  return why;
}

std::optional<int> Tallying::end() {
  attached_.deactivate();
  if (!command_) return std::nullopt;
  return command_->end(std::chrono::seconds(2));
}

bool Tallying::ended(uint32_t tgid) const { return kill(static_cast<pid_t>(tgid), 0) != 0 && errno == ESRCH; }

std::string Tallying::comm_of_process(uint32_t tgid) {
  if (!tgid) return {};
  if (const auto known = comms_.find(tgid); known != comms_.end()) return known->second;
  std::string name = attached_.process_name(tgid);
  if (name.empty()) name = comm_of(tgid);
  if (name.empty()) return "?";
  return comms_.emplace(tgid, shown(name)).first->second;
}

// As it is now, because processes are moved before they begin; of one that has ended, as it was last seen.
const std::string& Tallying::cgroup_of_process(uint32_t tgid, std::map<uint32_t, bool>& asked) {
  std::string& known = cgroups_[tgid];
  if (!tgid || !asked.emplace(tgid, true).second) return known;
  if (std::string now = cgroup_of(tgid); !now.empty()) known = std::move(now);
  return known;
}

TallyRow Tallying::name(const ms_tally_key& key) {
  TallyRow row;
  row.tgid = key.tgid;
  row.kind = key.kind;
  row.comm = comm_of_process(key.tgid);
  switch (key.kind) {
    case MS_tally_invalidate: {
      const std::string_view label = label_of(catalog::enum_reason, static_cast<uint32_t>(key.detail));
      row.what = label.empty() ? "unknown" : std::string(label);
      break;
    }
    case MS_tally_callback:
    case MS_tally_fault:
    case MS_tally_insert:
    case MS_tally_remove:
      row.what = "unknown";
      if (Symbols* symbols = attached_.symbols())
        if (const auto symbol = symbols->starting_at(key.detail))
          row.what = shown(symbol->module.empty() ? symbol->name : symbol->name + " [" + symbol->module + "]");
      break;
    case MS_tally_migrate:
      row.what = direction(key.detail);
      break;
    default:
      break;
  }
  return row;
}

Result<Tally> Tallying::read() {
  if (auto found = attached_.discover_found(); !found) return found.error();
  auto counted = attached_.counted();
  if (!counted) return counted.error();
  Tally tally;
  tally.time = monotonic_ns();
  std::map<uint32_t, bool> gone, asked;
  for (const Counted& c : *counted) {
    TallyRow row = name(c.key);
    if (options_.cgroups) row.cgroup = cgroup_of_process(c.key.tgid, asked);
    row.calls = c.sum.calls;
    row.refused = c.sum.refused;
    row.pages = c.sum.pages;
    row.times.count = c.sum.timed;
    row.times.total = c.sum.ns;
    row.times.longest = c.sum.longest;
    std::copy(std::begin(c.sum.steps), std::end(c.sum.steps), row.times.steps.begin());
    if (options_.forget_ended && c.key.tgid) {
      auto [known, is_new] = gone.emplace(c.key.tgid, false);
      if (is_new) known->second = ended(c.key.tgid);
      if (known->second) {
        row.ended = true;
        attached_.forget_counted(c.key);
      }
    }
    tally.rows.push_back(std::move(row));
  }
  for (const auto& [tgid, is_gone] : gone)
    if (is_gone) comms_.erase(tgid), cgroups_.erase(tgid);
  for (const TallyRow& row : tally.rows)
    if (row.tgid && !row.ended && !tally.pinned.contains(row.tgid)) tally.pinned[row.tgid] = pinned_of(row.tgid);
  tally.uncounted = attached_.uncounted();
  for (const ProbeState& state : attached_.states()) {
    state.attached() ? ++tally.probes : tally.missing += state.how != MS_probe_how_off;
    if (!state.attached()) continue;
    if (auto runs = attached_.runs(state)) tally.skipped += runs->skipped - std::min(runs->skipped, runs->covered);
  }
  return tally;
}

}  // namespace mirrorscope
