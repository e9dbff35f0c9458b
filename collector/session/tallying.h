// SPDX-License-Identifier: Apache-2.0
// Counting in the kernel instead of recording: attach, read the counters as often as wanted, end.
//
//   auto tallying = Tallying::start({scope, command});
//   for (;;) { auto why = tallying->wait(1s); if (!why) error; if (*why) break; auto tally = tallying->read(); ... }
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collector/probes/probes.h"
#include "collector/session/command.h"
#include "collector/session/scope.h"
#include "collector/session/wakeups.h"
#include "tally/snapshot.h"
#include "trace/result.h"

namespace mirrorscope {

struct TallyOptions {
  Scope scope;
  // Counters of processes that have ended are read once more and leave the kernel: for those that read for ever.
  bool forget_ended = false;
  bool cgroups = false;  // each row says in which its process is
};

class Tallying {
 public:
  // Attaches, lets the command go if there is one, and gives up every privilege but CAP_BPF and CAP_PERFMON.
  static Result<Tallying> start(const TallyOptions& options);

  // Until something happens, at most so long: nothing if only the time is over.
  Result<std::optional<StopReason>> wait(std::chrono::nanoseconds at_most);
  // Another thing to wake up for: a terminal, a socket.
  Result<void> also_wait_for(int fd) { return wakeups_.on_records(fd); }
  // Reads all counters, and attaches to callbacks that appeared meanwhile.
  Result<Tally> read();

  const std::vector<ProbeState>& probes() const { return attached_.states(); }
  // Ends the command if it still runs; its exit code.
  std::optional<int> end();

 private:
  Tallying(TallyOptions options, Attached attached, Wakeups wakeups, std::optional<Command> command)
      : options_(std::move(options)), attached_(std::move(attached)), wakeups_(std::move(wakeups)), command_(std::move(command)) {}
  TallyRow name(const ms_tally_key& key);
  std::string comm_of_process(uint32_t tgid);
  const std::string& cgroup_of_process(uint32_t tgid, std::map<uint32_t, bool>& asked);
  bool ended(uint32_t tgid) const;

  TallyOptions options_;
  Attached attached_;
  Wakeups wakeups_;
  std::optional<Command> command_;
  std::map<uint32_t, std::string> comms_, cgroups_;
};

}  // namespace mirrorscope
