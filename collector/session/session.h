// SPDX-License-Identifier: Apache-2.0
// One recording from start to end: what can be asked for, what is told on the way, what came of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collector/probes/probe_state.h"
#include "collector/session/scope.h"
#include "collector/stream/pump.h"
#include "collector/stream/trace_outlet.h"
#include "trace/result.h"

namespace mirrorscope {

struct RecordOptions {
  std::filesystem::path output;
  std::string owner;                        // whose the trace is; empty: who typed sudo
  std::string recorder;                     // name and version, for the trace
  std::chrono::nanoseconds duration{0};     // 0: until told to stop
  Scope scope;
  std::vector<std::string> without_events;  // names
  uint64_t ring_bytes = 0;                  // per CPU; 0: 8 MiB, less on machines with many CPUs
  uint64_t segment_bytes = 0;               // trace::WriterOptions
  uint32_t keep_segments = 0;
  bool raw_addresses = false;
  bool stacks = true;
  bool ucache = false;                                // uprobes on registration caches of user space
  std::vector<std::filesystem::path> ucache_files;    // in these files besides those that are found
  HookOptions hooks;                                  // of drivers that this build does not know
  bool run_counts = false;             // have the kernel count how often each program ran
  std::chrono::milliseconds tick{50};  // between two polls of what was lost
};

struct Progress {
  std::chrono::nanoseconds elapsed{0};
  uint64_t records = 0;  // in the trace
  uint64_t lost = 0;     // all causes
  uint64_t bytes = 0;    // of the trace
};

class RecordObserver {
 public:
  virtual ~RecordObserver() = default;
  virtual void compiling(const HookOptions& /*hooks*/) {}  // takes seconds
  virtual void ready(const std::vector<ProbeState>& /*probes*/) {}
  virtual void progress(const Progress& /*now*/) {}  // about ten times a second
  virtual void warning(const std::string& /*sentence*/) {}
};

struct ProbeCounts {
  ProbeState state;
  uint64_t runs = 0;     // only with RecordOptions::run_counts
  uint64_t made_up = 0;  // runs that the kernel skipped and a program behind it made
  uint64_t skipped = 0;  // and not made up for
};

struct Recorded {
  StopReason why = StopReason::told;
  std::chrono::nanoseconds elapsed{0};
  uint64_t records = 0;    // that the probes made and that are in the trace
  uint64_t ring_full = 0;  // that found no room in a ring
  uint64_t skipped = 0;    // program runs that the kernel skipped
  std::map<int, uint64_t> unwritten;  // that could not be written, by errno
  std::string unclosed;    // what the disk said when the trace was closed: what it had taken before may be lost
  uint64_t bytes = 0;      // of the trace
  uint64_t peak_rss = 0;   // of the recorder, bytes
  std::vector<Books> books;
  std::vector<ProbeCounts> probes;
  std::optional<int> command_code;
  uint64_t not_written() const;
  uint64_t lost() const { return ring_full + skipped + not_written(); }
  bool balanced() const;
};

// Records until it is told to stop (SIGINT, SIGTERM), the time is over, or the command has ended. Every record that
// gets into the trace also goes to `tap` if there is one.
Result<Recorded> record(const RecordOptions& options, RecordObserver& observer, RecordTap tap = {});

}  // namespace mirrorscope
