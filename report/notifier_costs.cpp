// SPDX-License-Identifier: Apache-2.0
// Which record costs whom what.
#include "report/notifier_costs.h"

#include <cerrno>

namespace mirrorscope {

std::string_view to_string(Cost cost) {
  switch (cost) {
    case Cost::inserted: return "inserted";
    case Cost::removed: return "removed";
    case Cost::callbacks: return "callbacks";
    case Cost::callback_ns: return "callback_ns";
    case Cost::judged: return "judged";
    case Cost::useless: return "useless";
    case Cost::read_begins: return "read_begins";
    case Cost::waits: return "waits";
    case Cost::wait_ns: return "wait_ns";
    case Cost::stretched: return "stretched";
    case Cost::stretch_ns: return "stretch_ns";
    case Cost::lookups: return "lookups";
    case Cost::busy: return "busy";
    case Cost::checks: return "checks";
    case Cost::stale: return "stale";
    case Cost::costs: break;
  }
  return "?";
}

void NotifierCosts::see(const ev_header& h) {
  if (!intake_.take_in_sequence(h)) {
    const Intake::Order order = intake_.take(h);
    if (order.forget) mirror_.forget();
    if (!order.judge) return;
  }
  mirror_.step(h, facts_);
  switch (h.id) {
    case EV_sub_insert_ret: return on(reinterpret_cast<const ev_sub_insert_ret&>(h));
    case EV_sub_remove_ret: return on(reinterpret_cast<const ev_sub_remove_ret&>(h));
    case EV_cb_enter: return on(reinterpret_cast<const ev_cb_enter&>(h));
    case EV_cb_ret: return on(reinterpret_cast<const ev_cb_ret&>(h));
    case EV_read_begin_ret: return on(reinterpret_cast<const ev_read_begin_ret&>(h));
    case EV_range_fault_ret: return on(reinterpret_cast<const ev_range_fault_ret&>(h));
    case EV_revalidate: return on(reinterpret_cast<const ev_revalidate&>(h));
    case EV_itree_end_ret: return waits_.sees(reinterpret_cast<const ev_itree_end_ret&>(h), facts_);
    case EV_dev_map: return use_.sees(reinterpret_cast<const ev_dev_map&>(h), facts_);
    case EV_mm_exit_ret:
      use_.sees(reinterpret_cast<const ev_mm_exit_ret&>(h));
      return waits_.sees(reinterpret_cast<const ev_mm_exit_ret&>(h));
    default: return;
  }
}

// Of the sub that a record is about, if its callback is known.
NotifierCosts::Row* NotifierCosts::row() { return facts_.sub && facts_.sub->fn ? &rows_[facts_.sub->fn] : nullptr; }

void NotifierCosts::on(const ev_sub_insert_ret& e) {
  if (!e.ret) add(rows_[e.invalidate], Cost::inserted);
}

void NotifierCosts::on(const ev_sub_remove_ret&) {
  if (Row* r = row()) add(*r, Cost::removed);
}

void NotifierCosts::on(const ev_cb_enter& e) {
  Row& r = rows_[e.fn];
  add(r, Cost::callbacks);
  const auto met = use_.met(e, facts_);
  add(r, Cost::judged, met.has_value());
  add(r, Cost::useless, met && !*met);
}

void NotifierCosts::on(const ev_cb_ret& e) {
  if (facts_.has_entry) add(rows_[e.fn], Cost::callback_ns, e.h.time - facts_.entry->at.time);
}

void NotifierCosts::on(const ev_read_begin_ret& e) {
  Row* r = row();
  if (!r) return;
  add(*r, Cost::read_begins);
  const auto wait = waits_.of(e, facts_, mirror_);
  if (!wait || !wait->waited) return;
  add(*r, Cost::waits);
  add(*r, Cost::wait_ns, wait->waited);
  add(*r, Cost::stretched, wait->stretched > 0);
  add(*r, Cost::stretch_ns, wait->stretched);
}

void NotifierCosts::on(const ev_range_fault_ret& e) {
  if (Row* r = row()) add(*r, Cost::lookups), add(*r, Cost::busy, e.ret == -EBUSY);
}

void NotifierCosts::on(const ev_revalidate& e) {
  if (Row* r = row()) add(*r, Cost::checks), add(*r, Cost::stale, !e.ok);
}

}  // namespace mirrorscope
