// SPDX-License-Identifier: Apache-2.0
// A recording under way: everything between "the probes are attached" and "the trace is closed".
//
//   map_rings() -> activate() -> begin() -> run() -> end()
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "collector/probes/probes.h"
#include "collector/session/command.h"
#include "collector/session/session.h"
#include "collector/session/wakeups.h"
#include "collector/stream/naming.h"

namespace mirrorscope {

class Recording final : Watcher {
 public:
  Recording(const RecordOptions& options, RecordObserver& observer, Attached attached, trace::Writer writer,
            RecordTap tap);

  Result<void> map_rings(Wakeups& wakeups);
  // The last step that takes privileges.
  Result<void> activate();
  // Says what is in place: the first records, and the first that go to disk.
  Result<void> begin();
  Result<StopReason> run(Wakeups& wakeups, std::optional<Command>& command);
  Result<Recorded> end(StopReason why);

 private:
  void saw(const ev_header& record) override;
  void watch(const ProbeState& state);
  void write_state(const ProbeState& state);
  void write_late_states();
  Result<void> step();
  Progress progress() const;

  const RecordOptions& options_;
  RecordObserver& observer_;
  Attached attached_;
  TraceOutlet outlet_;
  Hashing hashing_;
  uint64_t began_;
  Losses losses_;
  About about_;
  Naming naming_;
  Pump pump_;
  std::vector<ProbeState> watched_;  // what losses_ knows by its index
  std::vector<ProbeState> late_;
};

}  // namespace mirrorscope
