// SPDX-License-Identifier: Apache-2.0
// The records of one event as rows, or of all.
#include <bitset>

#include "query/fields.h"
#include "query/scan.h"
#include "query/tables/tables.h"

namespace mirrorscope::query {

namespace {
constexpr double kEventsInUse = 20;  // of those in a trace; only for estimates

class EventRows final : public Rows {
 public:
  // event: null = any
  EventRows(const Traces& traces, const RecordColumns& columns, const EventInfo* event, const Wanted& wanted)
      : columns_(columns), scan_(traces, wanted, wanted.in_order), wanted_(wanted) {
    if (event) {
      events_.set(event->id);
    } else if (wanted.events) {
      for (const std::string& name : *wanted.events)
        if (const EventInfo* info = event_named(name)) events_.set(info->id);
    } else {
      events_.set();
    }
  }

  bool next() override {
    do record_ = scan_.next();
    while (record_ && !is_wanted());
    return record_ != nullptr;
  }
  void value(size_t column, Cell& cell) const override {
    show(columns_.sources[column], *record_, scan_.trace(), cell);
  }
  int64_t id() const override { return scan_.id_of(*record_); }

 private:
  bool is_wanted() const {
    return events_[record_->id] && (!wanted_.tid || *wanted_.tid == record_->tid) &&
           (!wanted_.tgid || *wanted_.tgid == record_->tgid) && (!wanted_.mm || *wanted_.mm == record_->mm);
  }

  const RecordColumns& columns_;
  Scan scan_;
  std::bitset<EV_LIMIT> events_;
  Wanted wanted_;
  const ev_header* record_ = nullptr;
};

class EventTable final : public Table {
 public:
  EventTable(const Traces& traces, const EventInfo* event, RecordColumns columns)
      : Table(event ? std::string(event->name) : "events",
              event ? std::string(event->says) : "every record of every event", columns.columns),
        traces_(traces),
        event_(event),
        columns_(std::move(columns)) {}

  std::unique_ptr<Rows> rows(const Wanted& wanted) const override {
    return std::make_unique<EventRows>(traces_, columns_, event_, wanted);
  }
  // Times of different traces are times of different clocks: no order goes through them.
  bool ordered() const override { return traces_.all().size() == 1; }
  double size() const override { return event_ ? traces_.records() / kEventsInUse : traces_.records(); }
  double effort() const override { return traces_.records(); }

 private:
  const Traces& traces_;
  const EventInfo* event_;
  RecordColumns columns_;
};
}  // namespace

void add_event_tables(Tables& tables, const Traces& traces) {
  tables.push_back(std::make_unique<EventTable>(traces, nullptr, columns_of(nullptr)));
  for (const EventInfo& e : catalog::events) tables.push_back(std::make_unique<EventTable>(traces, &e, columns_of(&e)));
}

}  // namespace mirrorscope::query
