// SPDX-License-Identifier: Apache-2.0
// How losses and the trace's words about itself are taken in, and how candidates are settled at the end.
#include "analyzer/engine.h"

#include <algorithm>

#include "schema/catalog.h"

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
      panel_(defs_, mirror_),
      shard_(options.shard),
      shards_(std::max(1u, options.shards)) {}

// Records that do not know their mm: those that only close or accompany a call go to every shard, where the one that saw the call
// knows what to do; the others are judged once.
bool Engine::mine(const ev_header& h) const {
  if (h.mm) return KeyHash{}(h.mm) % shards_ == shard_;
  switch (h.id) {
    case EV_itree_end:
    case EV_itree_end_ret:
    case EV_sub_remove_ret:
    case EV_cb_finish_ret:
    case EV_hl_release_ret:
    case EV_mn_unregister_ret:
    case EV_mn_free:
    case EV_page_free:
    case EV_page_dirty:
      return true;
    default:
      return shard_ == 0;
  }
}

void Engine::gap(const ev_header& h, const CpuSequence& s) {
  const int32_t missing = static_cast<int32_t>(h.seq - s.next);
  // a number that comes again says that something is missing, not how much
  losses_.add({s.last_time, h.time, static_cast<uint64_t>(std::max(1, missing)), MS_loss_gap, 0, h.cpu});
  mirror_.forget();
}

void Engine::repaired(const ev_header& h) {
  (void)h;
  for (uint16_t id : facts_.missed) losses_.witnessed(id);
}

void Engine::about(const ev_header& h) {
  switch (h.id) {
    case EV_lost: {
      const auto& e = reinterpret_cast<const ev_lost&>(h);
      losses_.add({e.from, e.until, e.count, e.cause, e.event, e.on_cpu});
      if (e.cause != MS_loss_skipped) mirror_.forget();
      break;
    }
    case EV_loss_settled:
      live_ = true;
      settled_until_ = reinterpret_cast<const ev_loss_settled&>(h).until;
      break;
    case EV_stopped:
      live_ = stopped_ = true;
      settled_until_ = h.time;
      break;
    case EV_ready:
      live_ = true;
      break;
    case EV_probe_state: {
      const auto& e = reinterpret_cast<const ev_probe_state&>(h);
      probes_known_ = true;
      const bool works = e.error == 0 && e.how != MS_probe_how_absent && e.how != MS_probe_how_refused &&
                         e.how != MS_probe_how_off;
      if (works && e.event < EV_LIMIT) attached_.set(e.event);
      const auto& name = e.function;
      probes_.push_back({e.event, std::string(name, std::find(name, name + sizeof(name), '\0')), e.how, e.error});
      names_.learn(e);
      mirror_.step(h, facts_);
      break;
    }
    case EV_task_name:
      names_.learn(reinterpret_cast<const ev_task_name&>(h));
      break;
    case EV_stack:
      names_.learn(reinterpret_cast<const ev_stack&>(h));
      break;
    case EV_symbol:
      names_.learn(reinterpret_cast<const ev_symbol&>(h));
      break;
    default:
      break;
  }
}

std::string Engine::not_observable_because(const RuleDef& rule) const {
  if (!probes_known_) return {};
  if (rule.info.any_event && (rule.on & attached_).any()) return {};
  std::string why;
  for (size_t id = 0; id < EV_LIMIT; ++id) {
    if (!rule.needs.test(id) || attached_.test(id)) continue;
    const EventInfo* row = event_info(static_cast<uint32_t>(id));
    std::string how = "no such probe in this recording";
    for (const ProbeSummary& p : probes_)
      if (p.event == id) how = p.function + " " + std::string(label_of(catalog::enum_probe_how, p.how));
    if (!why.empty()) why += "; ";
    why += std::string(row ? row->name : "?") + ": " + how;
  }
  return why;
}

Report Engine::finish(std::span<const std::unique_ptr<Engine>> shards) {
  Engine& first = *shards.front();
  Report result;
  result.records = first.records_;
  result.by_event = first.by_event_;
  result.first_time = first.first_time_;
  result.last_time = first.last_time_;
  result.probes = first.probes_;
  result.names = std::move(first.names_);
  result.ended = first.stopped_;
  result.settled = !first.live_ || first.stopped_;

  LossLog& losses = first.losses_;
  for (const auto& shard : shards.subspan(1)) losses.merge_witnesses(shard->losses_);
  if (!result.settled)
    losses.add({first.settled_until_, UINT64_MAX, 0, MS_loss_unsettled, 0, -1});

  for (const auto& shard : shards) {
    shard->panel_.finish(first.last_time_);
    result.live_state += shard->mirror_.live();
  }

  for (const RuleDef* rule : first.defs_) {
    const RuleDef& def = *rule;
    RuleResult r;
    r.rule = rule;
    uint64_t kept_out = 0;
    for (const auto& shard : shards) {
      const Judge& judge = shard->panel_.judge_of(def);
      r.held += judge.held_count();
      r.unknown += judge.unknown_count();
      kept_out += judge.broken_count() - judge.candidates().size();
      for (const Candidate& c : judge.candidates()) {
        const bool doubtful = losses.overlaps(c.from, c.completing.time + Mirror::kClockSlack, def.needs);
        (doubtful ? r.suspects : r.findings).push_back(c);
      }
    }
    auto by_time = [](const Candidate& a, const Candidate& b) { return a.completing.time < b.completing.time; };
    std::stable_sort(r.findings.begin(), r.findings.end(), by_time);
    std::stable_sort(r.suspects.begin(), r.suspects.end(), by_time);
    r.broken = r.findings.size();
    r.doubtful = r.suspects.size();
    // beyond Judge::kKept only the number is known: they count as what the kept ones were
    (r.findings.empty() ? r.doubtful : r.broken) += kept_out;

    r.reason = first.not_observable_because(def);
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

}  // namespace mirrorscope
