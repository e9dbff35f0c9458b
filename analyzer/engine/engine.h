// SPDX-License-Identifier: Apache-2.0
// How records become verdicts: feed every record in time order, then finish().
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/engine/panel.h"
#include "analyzer/engine/sharding.h"
#include "analyzer/losses/intake.h"
#include "analyzer/rule.h"
#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

enum class Verdict : uint8_t {
  holds,            // judged at least once, and never wrong
  violated,         // wrong, beyond doubt
  inconclusive,     // records were lost where it matters
  not_observable,   // a probe that the rule needs was not there
  never_exercised,  // nothing happened that it could have judged: it says nothing about the driver
};
inline constexpr size_t kVerdicts = 5;
std::string_view to_string(Verdict verdict);

// The verdict of one rule on one trace, with its reasons.
struct RuleResult {
  const RuleDef* rule = nullptr;
  Verdict verdict = Verdict::holds;
  std::string reason;                // why not_observable, inconclusive or never_exercised
  uint64_t held = 0;                 // occasions that were judged and right
  uint64_t unknown = 0;              // occasions that could not be judged
  uint64_t broken = 0;               // occasions that were wrong, beyond doubt
  uint64_t doubtful = 0;             // occasions that look wrong where records were lost
  std::vector<Candidate> findings;   // of `broken` those that are kept (candidates.h): some of every cause
  std::vector<Candidate> suspects;   // of `doubtful` those that are kept
  bool all_causes = true;            // false: there were so many causes that some are not among them
};

struct Report {
  std::vector<RuleResult> rules;     // in the order of all_rules()
  uint64_t records = 0;
  std::array<uint64_t, EV_LIMIT> by_event{};
  uint64_t first_time = 0;
  uint64_t last_time = 0;
  std::vector<LossCount> losses;     // by cause and event
  uint64_t lost = 0;                 // records that are missing, all causes
  uint64_t repaired = 0;             // of these, whose absence the other half of their pair has made up for
  bool settled = true;               // losses are accounted for up to the end
  bool ended = false;                // a `stopped` record was seen
  bool blind = false;                // a recording that does not say which probes it had
  std::vector<ProbeSummary> probes;
  size_t live_state = 0;             // objects the mirror held at the end
  Names names;
};

struct EngineOptions {
  std::vector<const RuleDef*> rules;  // empty = all
  TraceFacts trace;
  uint32_t shard = 0;                 // this engine judges the mms with hash % shards == shard
  uint32_t shards = 1;
};

class Engine {
 public:
  explicit Engine(const EngineOptions& options);

  // Records in non-decreasing time order. The bytes are not kept.
  void feed(const ev_header& record) {
    if (!intake_.take_in_sequence(record)) [[unlikely]]
      return feed_by_order(record);
    if (shards_ == 1 || mine(record)) judge(record);
  }

  // The same in parts, for engines that share one intake: the first one's takes every record, and each is told what is left to do.
  Intake& intake() { return intake_; }
  void forget() { mirror_.forget(); }
  void judge(const ev_header& record) {
    mirror_.step(record, facts_);
    if (!facts_.missed.empty()) [[unlikely]]
      repaired();
    panel_.judge(record, facts_);
  }
  // Bytes of the trace that could not be delivered, found by the reader.
  void damaged(const LossWindow& window) { intake_.losses().add(window); }
  // Records that the heads of a stream's packets count as lost (events_discarded), all of them.
  void heads_say(uint16_t cpu, uint64_t discarded) { intake_.heads_say(cpu, discarded); }

  // Judges what can only be judged at the end and settles every candidate. The engines, one per shard of the same trace, are used
  // up by it.
  static Report finish(std::span<const std::unique_ptr<Engine>> shards);

  const Mirror& mirror() const { return mirror_; }

  // What a rule holds against a process so far, where no loss that is known by now can explain it. Only finish() settles it.
  struct Objection {
    const RuleDef* rule = nullptr;
    uint32_t tgid = 0;
    uint64_t count = 0;  // of those that are kept
  };
  std::vector<Objection> objections();

 private:
  bool mine(const ev_header& record) {
    const uint32_t shard = sharding_.of(record);
    return shard == shard_ || shard == Sharding::every;
  }
  void feed_by_order(const ev_header& record);
  void repaired();

  Intake intake_;
  std::vector<const RuleDef*> defs_;
  uint32_t shard_ = 0;
  uint32_t shards_ = 1;
  Sharding sharding_;
  // from here on, what judge() writes: another thread may be at the intake meanwhile
  alignas(64) Mirror mirror_;
  Panel panel_;
  Facts facts_;
  std::array<uint64_t, EV_LIMIT> witnessed_{};  // by event: records that are missing and that the other half of their pair made up for
};

}  // namespace mirrorscope
