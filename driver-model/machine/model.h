// SPDX-License-Identifier: Apache-2.0
// What stays the same while a scenario runs: its programs, resolved; which program is whose callback; what threads start with.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "driver-model/machine/program.h"

namespace mirrorscope::model {

// The objects that an instruction reads and writes, bit per object (footprint.cpp): what does not overlap commutes.
struct Touch {
  uint64_t reads = 0, writes = 0;
  bool conflicts(const Touch& o) const { return (writes & (o.reads | o.writes)) | (reads & o.writes); }
  Touch& operator|=(const Touch& o) {
    reads |= o.reads;
    writes |= o.writes;
    return *this;
  }
  bool none() const { return !(reads | writes); }
};

// A struct mmu_interval_notifier of a driver.
struct SubDef {
  u8 lo = 0, hi = kVas;
  std::string_view invalidate;  // program; ops->invalidate_start if there is a finish
  std::string_view finish;      // ops->invalidate_finish
  bool inserted = true;         // when the scenario begins
};
// A struct mmu_notifier of a driver.
struct ListDef {
  std::string_view start, end, release;  // programs, empty = no such op
  bool registered = true;
  std::string_view secondary{};          // arch_invalidate_secondary_tlbs
};
// A mirroring object, as dev_ctx says it.
struct DeviceDef {
  u8 sub = 0xfe;           // no_sub: none, or several
  u8 discipline = MS_discipline_unmap;
  bool wide = false, mixed = false, flushes = false;
  u8 owner = 0;            // of its device-private pages, 0 = none
};
struct ThreadDef {
  std::string_view name;
  std::string_view program;
  u8 lo = 0, hi = 1;
  bool daemon = false;  // may wait for ever: the execution ends without it
};

inline constexpr u8 kNoProgram = 0xff;

struct CompiledSub {
  u8 invalidate = kNoProgram, finish = kNoProgram, lo = 0, hi = 0;
};
struct CompiledList {
  u8 start = kNoProgram, end = kNoProgram, release = kNoProgram, secondary = kNoProgram;
};
// What is still to come at an instruction, until its program returns: on any page, and on the pages of its frame.
struct Future {
  Touch fixed;
  u8 range = 0;  // bit per class of objects that are one per page (footprint.cpp): read 1<<c, written 16<<c
};
// Registers of a thread that may still be read before they are written (liveness.cpp).
enum Live : u8 { live_ret = 1, live_tok0 = 2, live_tok1 = 4, live_pfn = 8, live_dst = 16 };
struct CompiledProgram {
  std::string name;
  std::vector<Instr> code;
  std::vector<Future> future;  // per instruction
  std::vector<Future> next;    // per instruction: of itself alone, if that is always the same
  std::vector<u8> varies;      // per instruction: no, it follows from how far it is, or for which sub it runs
  std::vector<u8> live;        // per instruction, Live bits
  std::vector<u8> fills;       // per instruction: the array that it writes page by page, Live bit
};

struct Model {
  std::vector<CompiledProgram> programs;
  std::vector<CompiledSub> subs;
  std::vector<CompiledList> lists;
  std::vector<ThreadDef> threads;
  std::vector<DeviceDef> devices;
  std::vector<u8> lock_kinds;   // enum lock_kind, by lock
  std::vector<u8> same_as;      // per thread: the first one that it is identical with
  State initial;
  u8 fault_program[2] = {kNoProgram, kNoProgram};  // handle_mm_fault() for reading, for writing
  u8 exit_mmap = kNoProgram;
  u8 awaited = 0;               // threads that others wait for, bit per thread
  bool compares_tokens = false; // some instruction asks more of a sequence than whether it is still valid
  uint32_t tok_vars = 0;        // variables that hold sequences, bit per variable
  bool pins_may_go_stale = false;  // the driver's contract: a pinned page need not be what the process sees
  bool tears_down = false;         // at the end no sub is inserted and nothing is pinned

  unsigned thread_count() const { return static_cast<unsigned>(threads.size()); }
  size_t state_bytes() const { return offsetof(State, thread) + threads.size() * sizeof(Thread); }
};

}  // namespace mirrorscope::model
