// SPDX-License-Identifier: Apache-2.0
// What became of one probe: which event it feeds, where it sits, how it is attached or why it is not.
#pragma once

#include <cstdint>
#include <string>

#include "schema/events.h"

namespace mirrorscope {

struct ProbeState {
  uint32_t event = 0;                  // row of events.def
  uint32_t how = MS_probe_how_absent;  // MS_probe_how_*
  std::string function;                // as the kernel calls it
  std::string module;                  // empty for the kernel image
  std::string hook;                    // "rxe_odp": the hook that it is part of (ProgramText); empty for the core's own
  uint64_t address = 0;                // of the function, 0 if /proc/kallsyms does not say
  int error = 0;                       // errno, 0 if attached
  std::string why;                     // one sentence if it is not attached, empty otherwise
  uint32_t program = 0;                // BPF program id, 0 if none
  uint32_t group = 0;                  // number of its group of programs, 0 if it is alone
  int fd = -1;                         // of the program, owned by whoever attached it; -1 if none
  uint64_t since = 0;                  // CLOCK_MONOTONIC ns at which it was attached, 0 if it is not

  bool attached() const { return fd >= 0; }
};

// What the kernel and the second program count, read in this order. `skipped`: runs that the kernel left out because the same program was
// preempted on that CPU (recursion_misses). `covered`: those that a program behind it made up for, a moment later. A kprobe
// program cannot be preempted, and is only skipped when it interrupts another BPF program on that CPU; 7.2 counts that, 6.1 does not.
struct ProgramRuns {
  uint64_t covered_before = 0;
  uint64_t skipped = 0;
  uint64_t covered = 0;
  uint64_t runs = 0;  // only counted while statistics are enabled (kernel.bpf_stats_enabled or enable_run_counts())
};

}  // namespace mirrorscope
