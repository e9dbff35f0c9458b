// SPDX-License-Identifier: Apache-2.0
// From nothing to recording: open -> load -> attach -> activate, each step a type of its own, so that a wrong order
// does not compile.
//
//   auto opened = Opened::open(options);
//   auto loaded = load(std::move(*opened));
//   auto attached = attach(std::move(*loaded));
//   start reading attached->rings() here
//   auto seen = attached->activate();
//   drop privileges here: CAP_BPF and CAP_PERFMON are enough from now on
//   for every record: attached->discover(record)
//
// A probe that this kernel cannot give never fails the whole: it is in states() with its reason. Only when nothing at
// all could be attached is there an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/shared.h"
#include "collector/hooks/hook.h"
#include "collector/probes/probe_state.h"
#include "trace/result.h"

namespace mirrorscope {

struct ProbeOptions {
  uint32_t self_tgid = 0;       // the recorder: its own mm is never recorded; 0 = getpid()
  std::vector<uint32_t> tgids;  // only these processes, their children and grandchildren
  std::string comm;             // only processes with this name (task_struct.comm), and their children
  std::vector<uint64_t>
      cgroups;  // only processes in or below these cgroup v2 directories (their inode numbers), and their children
  bool stacks = true;                       // take the caller's stack in inv_start
  uint64_t ring_bytes = 4u << 20;           // per CPU; rounded up to a power of two
  std::vector<std::string> without_events;  // names of events that are not wanted: their probes are `off`
  bool kprobes_only = false;                // pretend that the kernel has no BPF trampolines
  std::vector<std::filesystem::path> cache_files;  // registration caches are looked for in these; empty: no uprobes at all
  HookOptions hooks;                               // of drivers that this build does not know
  bool tally = false;                       // count in the kernel (bpf/counters/tally.bpf.h) instead of making records
};

// One row of what is counted in the kernel (bpf/counters/tally.bpf.h).
struct Counted {
  ms_tally_key key;
  ms_tally sum;
};

class Symbols;
struct Machinery;  // everything behind the steps: libbpf object, maps, links

class Opened {
 public:
  static Result<Opened> open(const ProbeOptions& options);
  Opened(Opened&&) noexcept;
  ~Opened();

 private:
  friend class Loaded;
  friend Result<class Loaded> load(Opened&&);
  explicit Opened(std::unique_ptr<Machinery> machinery);
  std::unique_ptr<Machinery> machinery_;
};

class Loaded {
 public:
  Loaded(Loaded&&) noexcept;
  ~Loaded();

 private:
  friend class Attached;
  friend Result<Loaded> load(Opened&&);
  friend Result<class Attached> attach(Loaded&&);
  explicit Loaded(std::unique_ptr<Machinery> machinery);
  std::unique_ptr<Machinery> machinery_;
};

class Attached {
 public:
  Attached(Attached&&) noexcept;
  ~Attached();  // detaches everything

  // One per program wanted, attached or not; callbacks found so far included. Grows in activate() and discover().
  const std::vector<ProbeState>& states() const;

  // Of ProbeOptions::hooks.
  const std::vector<HookSource>& hooks() const;

  // One ring buffer map fd per possible CPU, all of ring_bytes(); the ring of CPU n is rings()[n].
  std::span<const int> rings() const;
  uint64_t ring_bytes() const;
  // Per-CPU counters, shared with the programs; as many as there are possible CPUs.
  std::span<const ms_cpu> cpus() const;
  // BPF_MAP_TYPE_STACK_TRACE: key u32 stack id, value MS_STACK_DEPTH u64; -1 if stacks are off. The first
  // frame is the probed function itself in 6.x, and its caller in 7.x.
  int stacks() const;
  // Null when /proc/kallsyms shows no addresses.
  Symbols* symbols();

  // Finds the callbacks of subs and mmu_notifiers that exist already and attaches to them, lets recording begin, then
  // records sub_seen and mn_seen for those that exist: the rings are written before this returns.
  Result<void> activate();
  // Nothing is recorded from here on; programs stay attached.
  void deactivate();

  // Looks at one record for the address of a callback that has no probe yet (sub_insert_ret, sub_seen, mn_register_ret,
  // mn_seen) and attaches to it. Returns the states of the new probes (also in states()), nearly always none: two
  // compares for every other record.
  std::vector<ProbeState> discover(const ev_header& record);

  // With ProbeOptions::tally, in place of rings and discover(): everything that was counted so far, all CPUs added up.
  Result<std::vector<Counted>> counted() const;
  void forget_counted(const ms_tally_key& key);
  // Calls that were not counted for want of room, at most.
  uint64_t uncounted() const;
  // The name that a process had when it was counted first; empty if it was not.
  std::string process_name(uint32_t tgid) const;
  // Attaches to the callbacks that the programs have met since.
  Result<void> discover_found();


  Result<ProgramRuns> runs(const ProbeState& state) const;
  // Makes the kernel count runs and run time of every BPF program (some ns per run) until this object is gone.
  Result<void> enable_run_counts();

 private:
  friend Result<Attached> attach(Loaded&&);
  explicit Attached(std::unique_ptr<Machinery> machinery);
  std::unique_ptr<Machinery> machinery_;
};

// Hands the programs to the kernel's verifier, each with the reason if it is refused.
Result<Loaded> load(Opened&& opened);
// Attaches what was loaded, callbacks of loaded drivers included; nothing is recorded yet.
Result<Attached> attach(Loaded&& loaded);

// The three steps, one after the other.
Result<Attached> open_load_attach(const ProbeOptions& options);

}  // namespace mirrorscope
