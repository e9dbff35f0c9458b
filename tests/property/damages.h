// SPDX-License-Identifier: Apache-2.0
// What can happen to the files of a trace: one row per kind, each drawn at random from a seed.
#pragma once

#include <random>
#include <span>
#include <string>
#include <string_view>

#include "trace_files.h"

namespace mirrorscope::test {

// What may be asked of a verdict on the damaged trace. Where records do not arrive at all a loss is due in any case.
enum class Due : uint8_t {
  nothing,  // all is there and right, or what is missing shows by itself
  loss,     // the accounts do not close, although as many records may arrive: a loss has to be named
  forged,   // content changed under right checksums and numbers: no account can tell, only that nothing crashes is asked
};

struct Damaged {
  TraceFiles trace;
  std::string what;  // which variant, for a person who wants it again
  Due due = Due::nothing;
};

using Random = std::mt19937_64;

struct DamageKind {
  std::string_view name;
  bool needs_accounts;  // only a recording can tell: another trace has nobody who counted
  // `other` is a recording of something else. An empty `what`: this kind does not apply to this trace.
  Damaged (*make)(const TraceFiles& whole, const TraceFiles& other, Random& random);
};

std::span<const DamageKind> damage_kinds();

}  // namespace mirrorscope::test
