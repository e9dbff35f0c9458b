// SPDX-License-Identifier: Apache-2.0
// What has a beginning and an end as one row: calls of functions, episodes, registrations. In memory is only what is
// open.
#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <unordered_map>

#include "query/fields.h"
#include "query/scan.h"
#include "query/tables/tables.h"
#include "report/kept_record.h"

namespace mirrorscope::query {

namespace {
constexpr size_t kMostOpen = 262144;  // beginnings that wait for an end: what is more never gets one
constexpr size_t kDeepest = 64;       // of these, with the same key

struct Span {
  std::string name, says;
  const EventInfo *first, *last;
  bool per_task;                          // only the task that began it ends it
  const FieldInfo *first_key, *last_key;  // null: the innermost open one of the task
};

uint64_t value_of(const ev_header& h, const FieldInfo* f) {
  uint64_t value = 0;
  if (f) std::memcpy(&value, reinterpret_cast<const char*>(&h) + f->offset, std::min<size_t>(f->size, sizeof value));
  return value;
}

const FieldInfo* field_of(const EventInfo& e, std::string_view name) {
  for (const FieldInfo& f : e.fields)
    if (f.name == name) return &f;
  return nullptr;
}

struct Key {
  uint64_t who, what;  // the task or the mm, and the object
  bool operator==(const Key&) const = default;
};
struct Hash {
  size_t operator()(const Key& k) const { return (k.who * 0x9e3779b97f4a7c15ull) ^ (k.what * 0xc2b2ae3d27d4eb4full); }
};

class SpanRows final : public Rows {
 public:
  SpanRows(const Traces& traces, const RecordColumns& columns, size_t begin_columns, const Span& span,
           const Wanted& wanted)
      : columns_(columns),
        own_(begin_columns),
        span_(span),
        wanted_(wanted),
        scan_(traces, without_cpu(wanted), true, true) {}

  bool next() override {
    for (;;) {
      if (!ready_.empty()) {
        row_ = std::move(ready_.front());
        ready_.pop_front();
        return true;
      }
      if (at_end_) return false;
      step();
    }
  }

  void value(size_t column, Cell& cell) const override {
    if (column < own_) return show(columns_.sources[column], *row_.first, *row_.trace, cell);
    const ev_header* last = row_.last.get();
    if (!last) return cell.null();
    if (column == own_) return cell.number(static_cast<int64_t>(last->time));
    if (column == own_ + 1) return cell.number(static_cast<int64_t>(last->time - row_.first->time));
    show(columns_.sources[column], *last, *row_.trace, cell);
  }
  int64_t id() const override { return row_.id; }

 private:
  struct Open {
    KeptRecord first;
    int64_t id;  // of its row
  };
  struct Row {
    KeptRecord first, last;
    int64_t id = 0;
    const OpenTrace* trace = nullptr;
  };

  static Wanted without_cpu(Wanted w) {
    w.cpu.reset();  // a task may have moved
    return w;
  }
  Key key_of(const ev_header& h, const FieldInfo* key) const {
    return {span_.per_task ? (uint64_t{h.tgid} << 32 | h.tid) : h.mm, value_of(h, key)};
  }
  bool is_wanted(const ev_header& first) const { return static_cast<int64_t>(first.time) <= wanted_.until; }
  void deliver(Open& open, KeptRecord last) {
    --waiting_;
    wanted_waiting_ -= is_wanted(*open.first);
    ready_.push_back({std::move(open.first), std::move(last), open.id, trace_});
  }

  void step() {
    const ev_header* h = scan_.next();
    if (!h || scan_.entered()) {
      give_up();
      at_end_ = h == nullptr;
      if (at_end_) return;
      trace_ = &scan_.trace();
    }
    if (h->id == span_.first->id) {
      begin(*h);
    } else if (h->id == span_.last->id) {
      end(*h);
    }
    if (!is_wanted(*h) && wanted_waiting_ == 0) scan_.leave_trace();
  }
  // Also what is too late to be wanted: its end is not that of an earlier one.
  void begin(const ev_header& h) {
    if (waiting_ >= kMostOpen) give_up();
    auto& open = open_[key_of(h, span_.first_key)];
    if (open.size() >= kDeepest) {
      deliver(open.front(), {});
      open.erase(open.begin());
    }
    open.push_back({KeptRecord(h), scan_.id_of(h)});
    ++waiting_;
    wanted_waiting_ += is_wanted(h);
  }
  void end(const ev_header& h) {
    const auto it = open_.find(key_of(h, span_.last_key));
    if (it == open_.end()) return;
    deliver(it->second.back(), KeptRecord(h));
    it->second.pop_back();
    if (it->second.empty()) open_.erase(it);
  }
  // Whatever is open has no end.
  void give_up() {
    for (auto& [key, open] : open_)
      for (Open& one : open) deliver(one, {});
    open_.clear();
  }

  const RecordColumns& columns_;
  size_t own_;  // columns of the beginning; then until and duration, then those of the end
  const Span& span_;
  Wanted wanted_;
  Scan scan_;
  std::unordered_map<Key, std::vector<Open>, Hash> open_;
  size_t waiting_ = 0, wanted_waiting_ = 0;  // in open_, and those of them that began in time
  std::deque<Row> ready_;
  Row row_;
  const OpenTrace* trace_ = nullptr;
  bool at_end_ = false;
};

std::string after(const RecordColumns& so_far, std::string name) {
  const auto taken = [&so_far](const std::string& one) {
    return std::any_of(so_far.columns.begin(), so_far.columns.end(), [&](const Column& c) { return c.name == one; });
  };
  return taken(name) ? name + "_after" : name;
}

class SpanTable final : public Table {
 public:
  static std::unique_ptr<Table> make(const Traces& traces, const Span& span) {
    RecordColumns columns = columns_of(span.first);
    const size_t own = columns.columns.size();
    columns.add({"until", false, "when it ended, NULL: its end is not in the trace"}, {Source::time});
    columns.add({"duration", false, "ns from its beginning to its end"}, {Source::time});
    const size_t behind = columns.columns.size();
    add_fields(columns, *span.last, after);
    for (size_t i = behind; i < columns.columns.size(); ++i)
      if (columns.columns[i].name.find("_after") != std::string::npos) columns.columns[i].hidden = true;
    return std::unique_ptr<Table>(new SpanTable(traces, span, std::move(columns), own));
  }
  std::unique_ptr<Rows> rows(const Wanted& wanted) const override {
    return std::make_unique<SpanRows>(traces_, columns_, own_, span_, wanted);
  }
  double size() const override { return traces_.records() / 20; }
  double effort() const override { return 2 * traces_.records(); }

 private:
  SpanTable(const Traces& traces, const Span& span, RecordColumns columns, size_t own)
      : Table(span.name, span.says, columns.columns),
        traces_(traces),
        span_(span),
        columns_(std::move(columns)),
        own_(own) {}

  const Traces& traces_;
  Span span_;
  RecordColumns columns_;
  size_t own_;
};

// What has its object in the same field at both ends, and is no pair of the schema.
struct Life {
  std::string_view name, says;
  uint16_t first, last;
  bool per_task;
  std::string_view key;
};
constexpr std::array kLives{
    Life{"episodes", "an invalidation from its start to its end", EV_inv_start, EV_inv_end, true, "range"},
    Life{"registrations", "a registration from reg to dereg", EV_reg, EV_dereg, false, "ctx"},
    Life{"subs", "an interval notifier from its insertion to its removal", EV_sub_insert_ret, EV_sub_remove, false,
         "sub"},
};
}  // namespace

void add_span_tables(Tables& tables, const Traces& traces) {
  for (const Life& life : kLives) {
    const EventInfo &first = *event_info(life.first), &last = *event_info(life.last);
    tables.push_back(SpanTable::make(traces, {std::string(life.name), std::string(life.says), &first, &last,
                                              life.per_task, field_of(first, life.key), field_of(last, life.key)}));
  }
  for (const EventInfo& e : catalog::events) {
    if (e.kind != EventKind::entry || e.pair == e.id) continue;
    const EventInfo& ret = *event_info(e.pair);
    const FieldInfo* key = e.fields.empty() || e.fields[0].type != FieldType::ptr ? nullptr : &e.fields[0];
    const FieldInfo* other = key ? field_of(ret, key->name) : nullptr;
    // what a device or another task completes is found by its object alone
    const bool per_task = e.from == EventFrom::kernel || !other;
    tables.push_back(SpanTable::make(
        traces, {std::string(e.name) + "_calls", "from " + std::string(e.name) + " to " + std::string(ret.name), &e,
                 &ret, per_task, other ? key : nullptr, other}));
  }
}

}  // namespace mirrorscope::query
