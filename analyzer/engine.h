// SPDX-License-Identifier: Apache-2.0
// How records become verdicts: feed every record in time order, then finish().
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analyzer/losses.h"
#include "analyzer/names.h"
#include "analyzer/panel.h"
#include "analyzer/rule.h"
#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

enum class Verdict : uint8_t { holds, violated, inconclusive, not_observable };
std::string_view to_string(Verdict verdict);

// The verdict of one rule on one trace, with its reasons.
struct RuleResult {
  const RuleDef* rule = nullptr;
  Verdict verdict = Verdict::holds;
  std::string reason;                // why not_observable or inconclusive
  uint64_t held = 0;                 // occasions that were judged and right
  uint64_t unknown = 0;              // occasions that could not be judged
  uint64_t broken = 0;               // occasions that were wrong, beyond doubt
  uint64_t doubtful = 0;             // occasions that look wrong where records were lost
  std::vector<Candidate> findings;   // the first Judge::kKept of `broken`
  std::vector<Candidate> suspects;   // the first of `doubtful`
};

// What became of the probes, from the trace's probe_state records.
struct ProbeSummary {
  uint32_t event = 0;
  std::string function;
  uint32_t how = 0;
  int32_t error = 0;
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
  std::vector<ProbeSummary> probes;
  size_t live_state = 0;             // objects the mirror held at the end
  Names names;
};

struct EngineOptions {
  std::vector<const RuleDef*> rules;  // empty = all
  uint32_t shard = 0;                 // this engine judges the mms with hash % shards == shard
  uint32_t shards = 1;
};

class Engine {
 public:
  explicit Engine(const EngineOptions& options);

  // Records in non-decreasing time order. The bytes are not kept.
  void feed(const ev_header& record) {
    if (!records_++) first_time_ = record.time;
    last_time_ = record.time;
    ++by_event_[record.id % EV_LIMIT];
    if (record.cpu != MS_ABOUT_CPU) watch_sequence(record);
    if (record.id >= kFirstAbout) return about(record);
    if (shards_ > 1 && !mine(record)) return;
    mirror_.step(record, facts_);
    if (!facts_.missed.empty()) repaired(record);
    panel_.judge(record, facts_);
  }

  // Bytes of the trace that could not be delivered, found by the reader.
  void damaged(const LossWindow& window) { losses_.add(window); }

  // Judges what can only be judged at the end and settles every candidate. The engines, one per shard of the same trace, are used
  // up by it.
  static Report finish(std::span<const std::unique_ptr<Engine>> shards);

  const Mirror& mirror() const { return mirror_; }

 private:
  static constexpr uint16_t kFirstAbout = 200;

  struct CpuSequence {
    uint32_t next = 0;
    bool known = false;
    uint64_t last_time = 0;
  };

  bool mine(const ev_header& record) const;
  void about(const ev_header& record);
  void watch_sequence(const ev_header& record) {
    CpuSequence& s = sequences_[record.cpu % sequences_.size()];
    if (s.known && s.next != record.seq) [[unlikely]] gap(record, s);
    s.next = record.seq + 1;
    s.known = true;
    s.last_time = record.time;
  }
  void gap(const ev_header& record, const CpuSequence& s);
  void repaired(const ev_header& record);
  std::string not_observable_because(const RuleDef& rule) const;

  std::vector<const RuleDef*> defs_;
  Mirror mirror_;
  Panel panel_;
  Facts facts_;
  LossLog losses_;
  std::array<CpuSequence, 1024> sequences_{};
  Names names_;
  std::vector<ProbeSummary> probes_;
  EventSet attached_;
  bool probes_known_ = false;
  bool live_ = false;  // a recorder wrote this: it settles its losses
  bool stopped_ = false;
  uint64_t settled_until_ = 0;
  uint64_t records_ = 0;
  uint64_t first_time_ = 0;
  uint64_t last_time_ = 0;
  std::array<uint64_t, EV_LIMIT> by_event_{};
  uint32_t shard_ = 0;
  uint32_t shards_ = 1;
};

}  // namespace mirrorscope
