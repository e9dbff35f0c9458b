// SPDX-License-Identifier: Apache-2.0
// What interval notifiers cost, per callback function as CSV: insertions, callbacks and how many of them met nothing, waits of readers and how
// much of them was for other ranges, look-ups that were in vain. docs/wide-notifiers.md reads it.
#include <fmt/format.h>

#include <cerrno>
#include <map>

#include "analyzer/losses/intake.h"
#include "analyzer/state/callback_use.h"
#include "analyzer/state/episode_waits.h"
#include "report/export/csv_cell.h"
#include "report/export/exporter.h"

namespace mirrorscope {

namespace {
class Notifiers final : public Exporter {
 public:
  Notifiers(std::ostream& out, const Names& names) : out_(out), names_(names) {}

  void record(const ev_header& h) override {
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

  void finish() override {
    out_ << "callback,inserted,removed,callbacks,callback_ns,judged,useless,read_begins,waits,wait_ns,stretched,stretch_ns,lookups,busy,checks,stale\r\n";
    for (const auto& [fn, r] : rows_)
      out_ << fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", csv_cell(names_.symbol(fn)), r.inserted, r.removed, r.callbacks, r.callback_ns,
                          r.judged, r.useless, r.read_begins, r.waits, r.wait_ns, r.stretched, r.stretch_ns, r.lookups, r.busy, r.checks, r.stale);
  }

 private:
  struct Row {
    uint64_t inserted = 0, removed = 0, callbacks = 0, callback_ns = 0, judged = 0, useless = 0, read_begins = 0, waits = 0, wait_ns = 0,
             stretched = 0, stretch_ns = 0, lookups = 0, busy = 0, checks = 0, stale = 0;
  };
  // of the sub that a record is about, if its callback is known
  Row* row() { return facts_.sub && facts_.sub->fn ? &rows_[facts_.sub->fn] : nullptr; }

  void on(const ev_sub_insert_ret& e) {
    if (!e.ret) ++rows_[e.invalidate].inserted;
  }
  void on(const ev_sub_remove_ret&) {
    if (Row* r = row()) ++r->removed;
  }
  void on(const ev_cb_enter& e) {
    Row& r = rows_[e.fn];
    ++r.callbacks;
    const auto met = use_.met(e, facts_);
    r.judged += met.has_value();
    r.useless += met && !*met;
  }
  void on(const ev_cb_ret& e) {
    if (facts_.has_entry) rows_[e.fn].callback_ns += e.h.time - facts_.entry->at.time;
  }
  void on(const ev_read_begin_ret& e) {
    Row* r = row();
    if (!r) return;
    ++r->read_begins;
    const auto wait = waits_.of(e, facts_, mirror_);
    if (!wait || !wait->waited) return;
    ++r->waits;
    r->wait_ns += wait->waited;
    r->stretched += wait->stretched > 0;
    r->stretch_ns += wait->stretched;
  }
  void on(const ev_range_fault_ret& e) {
    if (Row* r = row()) ++r->lookups, r->busy += e.ret == -EBUSY;
  }
  void on(const ev_revalidate& e) {
    if (Row* r = row()) ++r->checks, r->stale += !e.ok;
  }

  std::ostream& out_;
  const Names& names_;
  Intake intake_{TraceFacts{}};
  Mirror mirror_;
  Facts facts_;
  CallbackUse use_;
  EpisodeWaits waits_;
  std::map<uint64_t, Row> rows_;  // by callback
};
}  // namespace

std::unique_ptr<Exporter> notifiers_exporter(std::ostream& out, const Names& names) { return std::make_unique<Notifiers>(out, names); }

}  // namespace mirrorscope
