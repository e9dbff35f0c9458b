// SPDX-License-Identifier: Apache-2.0
// Which engine judges which record, and how candidates are settled at the end.
#include "analyzer/engine/engine.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace mirrorscope {

std::string_view to_string(Verdict v) {
  switch (v) {
    case Verdict::holds: return "holds";
    case Verdict::violated: return "violated";
    case Verdict::inconclusive: return "inconclusive";
    case Verdict::not_observable: return "not_observable";
    case Verdict::never_exercised: return "never_exercised";
  }
  return "?";
}

Engine::Engine(const EngineOptions& options)
    : intake_(options.trace),
      defs_(options.rules.empty() ? std::vector(all_rules().begin(), all_rules().end()) : options.rules),
      shard_(options.shard),
      shards_(std::max(1u, options.shards)),
      sharding_(shards_),
      panel_(defs_, mirror_) {
  if (options.trace.recorded) mirror_.expect_probe_states();
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
const EventSet& of_drivers() {
  static const EventSet events = [] {
    EventSet set;
    for (const EventInfo& e : catalog::events)
      if (e.from == EventFrom::driver || e.from == EventFrom::process) set.set(e.id);
    set.set(EV_mn_register_ret);  // which notifiers watch for it
    return set;
  }();
  return events;
}

// A record that the rule needs may be missing where the breach rests on what was recorded, or one of a driver where it rests on what that said: its
// object's end and another's begin are among those, whatever the rule is about.
bool in_doubt(const Candidate& c, const RuleDef& rule, const LossLog& losses) {
  const uint64_t until = c.until() + Mirror::kClockSlack;
  if (losses.overlaps(c.from, until, rule.rests_on)) return true;
  if (c.of_driver >= c.from) return false;
  EventSet said = rule.rests_on & of_drivers();
  said.set(EV_dev_ctx).set(EV_dev_ctx_end);
  return losses.overlaps(c.of_driver, until, said);
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

  intake.finish();
  result.blind = intake.blind();
  LossLog& losses = intake.losses();
  for (const auto& shard : shards)
    for (uint16_t id = 0; id < EV_LIMIT; ++id) losses.witnessed(id, shard->witnessed_[id]);

  for (const auto& shard : shards) {
    shard->panel_.finish(intake.last_time());
    // what the mirror could not keep or place it knows nothing about from then on
    if (const auto& gave_up = shard->mirror_.given_up(); gave_up.count) losses.add({gave_up.since, UINT64_MAX, gave_up.count, MS_loss_not_kept, 0, -1});
    result.live_state += shard->mirror_.live();
  }

  for (size_t i = 0; i < first.defs_.size(); ++i) {
    const RuleDef& def = *first.defs_[i];
    RuleResult r;
    r.rule = &def;
    Candidates all;
    for (const auto& shard : shards) {
      const Judge& judge = shard->panel_.judge_of(i);
      r.held += judge.held_count();
      r.unknown += judge.unknown_count();
      all.add(judge.candidates());
    }
    r.all_causes = all.all_causes();
    all.each([&](const Candidate& c, uint64_t count) {
      const bool doubt = in_doubt(c, def, losses);
      (doubt ? r.doubtful : r.broken) += count;
      std::vector<Candidate>& list = doubt ? r.suspects : r.findings;
      list.push_back(c);
      list.back().count = count;
    });
    auto by_time = [](const Candidate& a, const Candidate& b) {
      return std::tie(a.completing.time, a.completing.cpu, a.completing.seq, a.what) < std::tie(b.completing.time, b.completing.cpu, b.completing.seq, b.what);
    };
    std::sort(r.findings.begin(), r.findings.end(), by_time);
    std::sort(r.suspects.begin(), r.suspects.end(), by_time);

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
    } else if (!r.held) {
      r.verdict = Verdict::never_exercised;
      r.reason = r.unknown ? "nothing could be judged: what it would have had to know happened before the recording, or was lost"
                           : "nothing in the trace was an occasion to judge it";
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
    panel_.judge_of(i).candidates().each([&](const Candidate& c, uint64_t count) {
      if (!in_doubt(c, *defs_[i], intake_.losses())) by_process[c.tgid] += count;
    });
    for (const auto& [tgid, count] : by_process) all.push_back({defs_[i], tgid, count});
  }
  return all;
}

}  // namespace mirrorscope
