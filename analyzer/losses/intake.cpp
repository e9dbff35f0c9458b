// SPDX-License-Identifier: Apache-2.0
// How losses are noticed, and how the trace's words about itself are taken in.
#include "analyzer/losses/intake.h"

#include <algorithm>

#include "schema/catalog.h"
#include "schema/shown.h"

namespace mirrorscope {

Intake::Intake(const TraceFacts& facts) : facts_(facts), probes_known_(facts.recorded), live_(facts.recorded) { accounts_.begin(facts); }

// What it said may have been a loss of any CPU since the last one that it settled.
// A recorder says which probes it has before the first of them makes a record: one that is older is of another recording, or of a wrong clock.
void Intake::begin_with(const ev_header& first) {
  first_time_ = first.time;
  if (facts_.recorded && !facts_.begins_in_middle && first.cpu != MS_ABOUT_CPU) losses_.add({0, UINT64_MAX, 0, MS_loss_no_account, 0, first.cpu});
}

bool Intake::about_is_missing(const ev_header& h) {
  if (!facts_.recorded) return false;
  const bool missing = h.seq != about_next_;
  if (missing) losses_.add({settled_until_, h.time, std::max(1u, h.seq - about_next_), MS_loss_gap, 0, -1});
  about_next_ = h.seq + 1;
  return missing;
}

void Intake::finish() {
  accounts_.finish({last_time_, accounted_until_, stopped_}, losses_);
  // streams are compared with the last accounts only: what is missing behind them nobody would notice
  if (!settled()) losses_.add({facts_.recorded ? std::min(settled_until_, accounted_until_) : settled_until_, UINT64_MAX, 0, MS_loss_unsettled, 0, -1});
  if (blind() || (facts_.recorded && stopped_ && accounts_.delivered() != stopped_delivered_))
    losses_.add({0, UINT64_MAX, 0, MS_loss_no_account, 0, -1});
}

Intake::Order Intake::about(const ev_header& h) {
  Order order{.forget = false, .judge = false};
  switch (h.id) {
    case EV_lost: {
      const auto& e = reinterpret_cast<const ev_lost&>(h);
      losses_.add({e.from, e.until, e.count, e.cause, e.event, e.on_cpu});
      if (e.cause != MS_loss_skipped) order.forget = true;
      break;
    }
    case EV_loss_settled:
      live_ = true;
      settled_until_ = reinterpret_cast<const ev_loss_settled&>(h).until;
      break;
    case EV_stopped:
      live_ = stopped_ = true;
      settled_until_ = h.time;
      stopped_delivered_ = reinterpret_cast<const ev_stopped&>(h).delivered;
      break;
    case EV_ready:
      live_ = true;
      break;
    case EV_cpu_account:
      live_ = true;
      accounted_until_ = h.time;
      order.forget = accounts_.take(reinterpret_cast<const ev_cpu_account&>(h), losses_);
      break;
    case EV_probe_state: {
      const auto& e = reinterpret_cast<const ev_probe_state&>(h);
      probes_known_ = true;
      if (is_in_place(e) && e.event < EV_LIMIT) attached_.set(e.event);
      probes_.push_back({e.event, shown_field(e.function), e.how, e.error});
      names_.learn(e);
      order.judge = true;
      break;
    }
    case EV_task_name:
      names_.learn(reinterpret_cast<const ev_task_name&>(h));
      break;
    case EV_workload:
      names_.learn(reinterpret_cast<const ev_workload&>(h));
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
  return order;
}

std::string Intake::not_observable_because(const RuleDef& rule) const {
  if (!probes_known_) return {};
  if (blind()) return "the recording does not say which probes were in place: what the recorder says about itself is missing";
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

}  // namespace mirrorscope
