// SPDX-License-Identifier: Apache-2.0
// What the check of one trace found, as numbers that can be added up and findings by identity: no evidence, no address.
//
// docs/results.md describes the same as JSON, which part_json.h reads and writes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "analyzer/engine/engine.h"
#include "report/latency.h"
#include "report/result/trace_id.h"

namespace mirrorscope {

// Findings that have the same key (report/findings.h), in one trace or in several.
struct Sighting {
  std::string key;
  uint64_t count = 0;    // breaches
  uint64_t traces = 1;   // in which they are
  // the first of them, in the trace with the smallest path
  std::string trace, host;
  std::string what, task, callback;
  uint64_t time = 0;     // ns, clock of its trace
  uint32_t tid = 0, tgid = 0;
};

struct RulePart {
  const RuleDef* rule = nullptr;
  Verdict verdict = Verdict::holds;
  std::string reason;
  uint64_t held = 0, unknown = 0, broken = 0, doubtful = 0;  // as in RuleResult
  bool all_causes = true;
  std::vector<Sighting> findings, suspects;  // by key
};

struct LossPart {
  std::string cause;     // a name of losses.def
  std::string event;     // empty: of which event is not known
  uint64_t count = 0;    // 0: how many is not known
  uint64_t repaired = 0;
};

// Calls of one function, for one reason: a histogram that can be added to another. Buckets are those of report/latency.h, by number.
struct CallTimes {
  uint64_t count = 0;
  uint64_t total = 0;    // ns
  uint64_t max = 0;      // ns
  Latency::Buckets buckets;
  // The same calls in each stretch of the trace (Part::stretches): how many, and what they took themselves, without the calls
  // inside of them: the median and the 99th percentile, ns. Of one trace only.
  std::vector<uint64_t> counts, own_p50, own_p99;

  CallTimes& operator+=(const CallTimes& more);
  // The time that the share (0 to 1) of the calls did not exceed, ns: linear within a bucket, no more than the longest. 0 without calls.
  double percentile(double share) const;
};

struct CallKey {
  std::string event, function, reason;  // reason is empty if the event has none
  auto operator<=>(const CallKey&) const = default;
};

// What the interval notifiers of one callback cost: a number per name of report/notifier_costs.h, and the same per stretch.
struct CostPart {
  std::map<std::string, uint64_t> sums;
  std::map<std::string, std::vector<uint64_t>> stretches;
};

struct Part {
  static constexpr size_t kStretches = Latency::kStretches;  // of equal time, of which counts are kept apart: how much a number changes within a trace

  TraceId trace;
  std::string judge;                 // version of mirrorscope that judged it
  std::string error;                 // why it could not be judged; then there is nothing below but `files`
  std::vector<std::string> files;    // result files that it was read from: once for each time, sorted
  std::vector<std::string> damage;   // bytes that could not be read, one sentence each
  uint64_t records = 0, first_time = 0, last_time = 0, lost = 0, repaired = 0;
  bool settled = true, ended = true, blind = false;  // as in Report
  std::vector<LossPart> losses;
  std::map<std::string, uint64_t> events;
  std::map<std::string, std::vector<uint64_t>> stretches;  // of `events`
  std::vector<RulePart> rules;       // in the order of all_rules()
  std::map<CallKey, CallTimes> latencies;
  std::map<std::string, CostPart> costs;  // by callback

  // The same for two results of the same trace, whatever it was called: uuid and time of the first record. Of one that could not be judged: its path.
  std::tuple<std::string, uint64_t, std::string> identity() const;
};

// Puts sightings with the same key together, sorted by key.
void join(std::vector<Sighting>& into, const std::vector<Sighting>& more);

}  // namespace mirrorscope
