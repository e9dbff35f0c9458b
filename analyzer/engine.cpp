// SPDX-License-Identifier: Apache-2.0
// Which engine judges which record, and how candidates are settled at the end.
#include "analyzer/engine.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace mirrorscope {

std::string_view to_string(Verdict v) {
  switch (v) {
    case Verdict::holds: return "holds";
    case Verdict::violated: return "violated";
    case Verdict::inconclusive: return "inconclusive";
    case Verdict::not_observable: return "not_observable";
  }
  return "?";
}

Engine::Engine(const EngineOptions& options)
    : defs_(options.rules.empty() ? std::vector(all_rules().begin(), all_rules().end()) : options.rules),
      shard_(options.shard),
      shards_(std::max(1u, options.shards)),
      panel_(defs_, mirror_) {}

// Records that do not know their mm: those that only close or accompany a call go to every shard, where the one that saw the call
// knows what to do; the others are judged once. Which probes there are, every mirror has to know.
uint32_t Engine::shard_of(const ev_header& h, uint32_t shards) {
  if (h.mm) return static_cast<uint32_t>(KeyHash{}(h.mm) % shards);
  switch (h.id) {
    case EV_probe_state:
    case EV_itree_end:
    case EV_itree_end_ret:
    case EV_sub_remove_ret:
    case EV_cb_finish_ret:
    case EV_hl_release_ret:
    case EV_mn_unregister_ret:
    case EV_mn_free:
    case EV_page_free:
    case EV_page_dirty:
      return every_shard;
    default:
      return 0;
  }
}

// A record with a gap in front of it, or one about the recording.
void Engine::feed_by_order(const ev_header& record) {
  const Intake::Order order = intake_.take(record);
  if (order.forget) forget();
  if (order.judge && (shards_ == 1 || mine(record))) judge(record);
}

void Engine::repaired() {
  for (uint16_t id : facts_.missed) ++witnessed_[id];
}

namespace {
// A record that the rule needs may be missing where the breach rests on what was recorded.
bool in_doubt(const Candidate& c, const RuleDef& rule, const LossLog& losses) {
  return losses.overlaps(c.from, c.completing.time + Mirror::kClockSlack, rule.needs);
}
}  // namespace

Report Engine::finish(std::span<const std::unique_ptr<Engine>> shards) {
  Engine& first = *shards.front();
  Intake& intake = first.intake_;
  Report result;
  result.by_event = intake.by_event();
  result.records = std::accumulate(result.by_event.begin(), result.by_event.end(), uint64_t{0});
  result.first_time = intake.first_time();
  result.last_time = intake.last_time();
  result.probes = intake.probes();
  result.names = intake.names();
  result.ended = intake.stopped();
  result.settled = intake.settled();

  LossLog& losses = intake.losses();
  for (const auto& shard : shards)
    for (uint16_t id = 0; id < EV_LIMIT; ++id) losses.witnessed(id, shard->witnessed_[id]);
  if (!result.settled) losses.add({intake.settled_until(), UINT64_MAX, 0, MS_loss_unsettled, 0, -1});

  for (const auto& shard : shards) {
    shard->panel_.finish(intake.last_time());
    result.live_state += shard->mirror_.live();
  }

  for (size_t i = 0; i < first.defs_.size(); ++i) {
    const RuleDef& def = *first.defs_[i];
    RuleResult r;
    r.rule = &def;
    uint64_t kept_out = 0;
    for (const auto& shard : shards) {
      const Judge& judge = shard->panel_.judge_of(i);
      r.held += judge.held_count();
      r.unknown += judge.unknown_count();
      kept_out += judge.broken_count() - judge.candidates().size();
      for (const Candidate& c : judge.candidates()) {
        (in_doubt(c, def, losses) ? r.suspects : r.findings).push_back(c);
      }
    }
    auto by_time = [](const Candidate& a, const Candidate& b) { return a.completing.time < b.completing.time; };
    std::stable_sort(r.findings.begin(), r.findings.end(), by_time);
    std::stable_sort(r.suspects.begin(), r.suspects.end(), by_time);
    r.broken = r.findings.size();
    r.doubtful = r.suspects.size();
    // beyond Judge::kKept only the number is known: they count as what the kept ones were
    (r.findings.empty() ? r.doubtful : r.broken) += kept_out;

    r.reason = intake.not_observable_because(def);
    if (!r.reason.empty()) {
      r.verdict = Verdict::not_observable;
      r.findings.clear();
      r.suspects.clear();
      r.broken = r.doubtful = 0;
    } else if (r.broken) {
      r.verdict = Verdict::violated;
    } else if (r.doubtful) {
      r.verdict = Verdict::inconclusive;
      r.reason = "what looks like a breach lies where records were lost";
    } else if (losses.unrepaired(def.needs)) {
      r.verdict = Verdict::inconclusive;
      r.reason = "records were lost that it needs";
    } else if (!result.settled) {
      r.verdict = Verdict::inconclusive;
      r.reason = "the recorder ended before it could count what it missed";
    } else {
      r.verdict = Verdict::holds;
    }
    result.rules.push_back(std::move(r));
  }
  result.lost = losses.total();
  result.repaired = losses.repaired();
  result.losses = losses.counts();
  return result;
}

std::vector<Engine::Objection> Engine::objections() {
  std::vector<Objection> all;
  for (size_t i = 0; i < defs_.size(); ++i) {
    if (!intake_.not_observable_because(*defs_[i]).empty()) continue;
    std::map<uint32_t, uint64_t> by_process;
    for (const Candidate& c : panel_.judge_of(i).candidates())
      if (!in_doubt(c, *defs_[i], intake_.losses())) ++by_process[c.tgid];
    for (const auto& [tgid, count] : by_process) all.push_back({defs_[i], tgid, count});
  }
  return all;
}

}  // namespace mirrorscope
