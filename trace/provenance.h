// SPDX-License-Identifier: Apache-2.0
// Where a trace comes from: the machine, the kernel, the clock, the recorder.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "schema/catalog.h"
#include "trace/format.h"
#include "trace/result.h"

namespace mirrorscope::trace {

// What made the records. It decides what a reader may expect: a recording has to account for itself, see Intake::begin().
enum class Origin : uint8_t {
  recorded,  // by `mirrorscope record`, from a running kernel
  model,     // by the explorer: complete by construction
  written,   // by hand or by a test: a case, an example
};
std::string_view to_string(Origin origin);

// Is written into the metadata of a trace and read back from it. Text is written as printable ASCII, other bytes as '?'; what
// is read, which somebody else may have written, is what can be shown (schema/shown.h).
struct Provenance {
  Origin origin = Origin::recorded;
  std::string recorder;        // version of mirrorscope
  std::string kernel_release;  // uname -r
  std::string kernel_version;  // uname -v
  std::string machine;         // uname -m
  std::string host;            // uname -n
  std::string command_line;    // what was typed to make it, empty if not known
  std::string boot_id;         // /proc/sys/kernel/random/boot_id, empty if the records come from no kernel
  Uuid uuid{};                 // of this trace; all zero: the Writer makes one
  uint64_t schema = schema_hash;
  uint64_t started = 0;        // ns, clock of the records
  int64_t clock_offset = 0;    // ns to add to a record's time to get ns since 1970-01-01 UTC
  uint32_t cpus = 0;           // possible CPUs
  bool raw_addresses = false;  // false: ptr and pfn fields are hashed, equal values stay equal
};

// Of the machine and the moment this runs at: everything but `recorder` and `raw_addresses`.
Result<Provenance> provenance_here();

}  // namespace mirrorscope::trace
