// SPDX-License-Identifier: Apache-2.0
// What data the page is given: verdicts as `check` says them, explanations as `explain` tells them, bounded however long the trace is.
//
// Times are ns since the first record: a double, which is what JavaScript has, holds no CLOCK_MONOTONIC of a host that is up for long.
#include "report/page/page.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "report/compare/json.h"
#include "report/explain/explain.h"
#include "report/page/whole.h"
#include "report/values.h"
#include "report/whose.h"

namespace mirrorscope {

namespace {
using Json = nlohmann::ordered_json;

constexpr size_t kHistograms = 32;
constexpr size_t kCpus = 32;
constexpr size_t kProcesses = 12;
constexpr size_t kStorms = 16;
constexpr size_t kRanges = 50;
constexpr size_t kStormBins = 256;

class PageData {
 public:
  PageData(const Document& d, const Survey* s) : d_(d), s_(s), report_(*d.report), begin_(d.report->first_time) {}

  Json trace() const {
    Json out{{"name", d_.trace}, {"kernel", d_.kernel}, {"recorder", d_.recorder}, {"records", report_.records},
             {"duration", report_.last_time - report_.first_time}, {"lost", report_.lost}, {"repaired", report_.repaired},
             {"settled", report_.settled}, {"ended", report_.ended}, {"blind", report_.blind}, {"damage", d_.damage}};
    out["rules"] = rules();
    out["findings"] = Json::array();
    for (const Finding& f : d_.findings) out["findings"].push_back(finding(f));
    out["losses"] = losses();
    if (!s_) {
      out["latency"] = merged_latency_json(*d_.summary);
      return out;
    }
    out["overview"] = overview();
    out["latency"] = latency();
    out["storms"] = storms();
    out["pingpong"] = pingpong();
    return out;
  }

 private:
  Json since(uint64_t time) const { return static_cast<int64_t>(time - begin_); }

  Json rules() const {
    Json list = Json::array();
    for (const RuleResult& r : report_.rules)
      list.push_back({{"id", std::string(r.rule->info.id)}, {"verdict", std::string(to_string(r.verdict))}, {"reason", r.reason},
                      {"held", r.held}, {"unknown", r.unknown}, {"broken", r.broken}, {"doubtful", r.doubtful}});
    return list;
  }

  Json finding(const Finding& f) const {
    Json out{{"id", f.id}, {"rule", std::string(f.rule->rule->info.id)}, {"verdict", std::string(to_string(f.rule->verdict))},
             {"what", f.what->what}, {"time", since(f.what->completing.time)},
             {"task", task_text(f.what->tgid, f.what->tid, report_.names)}};
    if (std::string text = whose(f.what->tgid, report_.names); !text.empty()) out["whose"] = std::move(text);
    if (f.what->fn) out["callback"] = report_.names.symbol(f.what->fn);
    if (!f.seen.empty()) out["seen"] = f.seen;
    if (!f.trace.empty()) out["trace"] = f.trace;
    if (!s_) return out;
    const size_t place = s_->place_of(f);
    if (place == s_->explained.size()) return out;
    out["text"] = explain(f, s_->windows.of(*f.what), report_);
    out["timeline"] = timeline(f, s_->timelines.around(place));
    return out;
  }

  // The values that an end adds to its begin are the ones that differ.
  Json values(const ev_header& h, const Json& besides) const {
    Json out = Json::object();
    for (const FieldInfo& f : event_info(h.id)->fields) {
      if (f.count != 1 || is_padding(f) || f.name == "stack") continue;
      const std::string name(f.name);
      std::string text = value_text(h, f, report_.names);
      if (!besides.contains(name) || besides[name] != text) out[name] = std::move(text);
    }
    return out;
  }

  Json bar(const Bar& b) const {
    const ev_header& h = *b.begin;
    Json out{{"from", since(b.from)}, {"until", since(b.until)},
             {"area", std::string(to_string(event_info(h.id)->area))}, {"event", std::string(event_info(h.id)->name)},
             {"name", b.span == SpanKind::kinds ? function_of(h, report_.names) : std::string(to_string(b.span))},
             {"tid", h.tid}, {"cpu", h.cpu}};
    if (b.span != SpanKind::kinds) out["span"] = true;
    out["values"] = values(h, Json::object());
    if (b.end) out["end"] = values(*b.end, out["values"]);
    if (b.until > b.from && !b.end) out["cut"] = true;
    return out;
  }

  Json timeline(const Finding& f, const Around& around) const {
    Json out{{"from", since(around.from)}, {"until", since(around.until)}, {"left_out", around.left_out}};
    out["tasks"] = Json::object();
    out["bars"] = Json::array();
    for (const Bar& b : around.bars) {
      out["bars"].push_back(bar(b));
      out["tasks"][std::to_string(b.begin->tid)] = task_text(b.begin->tgid, b.begin->tid, report_.names);
    }
    out["evidence"] = Json::array();
    for (const Evidence& e : f.what->evidence) {
      if (!e.event) continue;
      Json proof{{"role", e.role}, {"time", since(e.event.time)}, {"event", std::string(event_info(e.event.id)->name)}, {"cpu", e.event.cpu}};
      if (const auto at = bar_of(e.event, around)) proof["bar"] = *at;
      out["evidence"].push_back(std::move(proof));
    }
    return out;
  }

  // A call or a point before a span: it is nearer to the record.
  static std::optional<size_t> bar_of(const EventRef& event, const Around& around) {
    std::optional<size_t> found;
    for (size_t i = 0; i < around.bars.size(); ++i) {
      const Bar& b = around.bars[i];
      if (EventRef::of(*b.begin) != event && (!b.end || EventRef::of(*b.end) != event)) continue;
      if (b.span == SpanKind::kinds) return i;
      if (!found) found = i;
    }
    return found;
  }

  Json losses() const {
    Json out{{"left_out", s_ ? s_->activity.places_left_out() : 0}, {"counts", Json::array()}, {"places", Json::array()}};
    for (const LossCount& l : report_.losses) {
      const EventInfo* row = event_info(l.event);
      out["counts"].push_back({{"cause", std::string(label_of(catalog::enum_loss, l.cause))}, {"event", row ? std::string(row->name) : "any"},
                               {"count", l.count}, {"repaired", l.repaired}});
    }
    if (!s_) return out;
    for (const Activity::Place& p : s_->activity.places())
      out["places"].push_back({{"from", since(p.from)}, {"until", since(p.until)}, {"count", p.count},
                               {"cause", std::string(label_of(catalog::enum_loss, p.cause))}, {"cpu", p.cpu}});
    return out;
  }

  Json overview() const {
    Json out{{"width", s_->activity.width()}, {"bins", Activity::kBins}, {"rows", Json::array()}};
    const auto add = [&](std::string_view group, const std::vector<Activity::Row>& rows) {
      for (const Activity::Row& r : rows) out["rows"].push_back({{"group", group}, {"name", r.name}, {"total", r.total}, {"counts", r.bins}});
    };
    add("Events", s_->activity.areas());
    add("Processes", s_->activity.processes(report_.names, kProcesses));
    add("CPUs", s_->activity.cpus(kCpus));
    return out;
  }

  Json latency() const {
    Json list = Json::array();
    for (const Latency::Row& r : s_->latency.rows(report_.names, kHistograms)) {
      const Latency::Histogram& h = r.histogram;
      Json row{{"function", r.function}, {"event", std::string(event_info(r.event)->name)}, {"reason", r.reason}, {"count", h.count},
               {"mean", h.total / h.count}, {"p50", h.percentile(0.5)}, {"p99", h.percentile(0.99)}, {"max", h.max}, {"buckets", Json::array()}};
      for (size_t i = 0; i < Latency::kBuckets; ++i)
        if (h.buckets[i]) row["buckets"].push_back({Latency::bucket_begin(i), Latency::bucket_begin(i + 1), h.buckets[i]});
      list.push_back(std::move(row));
    }
    return list;
  }

  Json storms() const {
    constexpr size_t kFold = Activity::kBins / kStormBins;
    Json out{{"width", s_->activity.width() * kFold}, {"rows", Json::array()}};
    for (const Activity::Storm& s : s_->activity.storms(report_.names, kStorms)) {
      Json counts = Json::array();
      for (size_t i = 0; i < Activity::kBins; i += kFold) {
        uint64_t sum = 0;
        for (size_t k = i; k < i + kFold; ++k) sum += s.bins[k];
        counts.push_back(sum);
      }
      out["rows"].push_back({{"process", s.process},
                             {"whose", s.whose},
                             {"reason", std::string(label_of(catalog::enum_reason, s.reason))},
                             {"total", s.total},
                             {"counts", std::move(counts)}});
    }
    return out;
  }

  Json pingpong() const {
    Json out{{"untracked", s_->pingpong.untracked()}, {"rows", Json::array()}};
    for (const PingPong::Row& r : s_->pingpong.rows(kRanges)) {
      Json row{{"task", task_text(r.tgid, r.tid, report_.names)}, {"start", fmt::format("{:#x}", r.start)}, {"end", fmt::format("{:#x}", r.end)},
               {"lookups", r.lookups}, {"rounds", r.rounds}, {"first", since(r.first)}, {"last", since(r.last)}, {"reasons", Json::object()}};
      for (uint32_t i = 0; i < PingPong::kReasons; ++i)
        if (r.invalidated[i]) row["reasons"][std::string(label_of(catalog::enum_reason, i))] = r.invalidated[i];
      out["rows"].push_back(std::move(row));
    }
    return out;
  }

  const Document& d_;
  const Survey* s_;  // null: a merged result
  const Report& report_;
  uint64_t begin_;
};

Json rule_catalog(std::span<const Document> documents) {
  Json out = Json::object();
  for (const Document& d : documents)
    for (const RuleResult& r : d.report->rules) {
      const RuleInfo& i = r.rule->info;
      out[std::string(i.id)] = {{"name", std::string(i.name)}, {"level", std::string(to_string(i.level))},
                                {"party", std::string(to_string(i.party))},
                                {"says", std::string(i.says)}, {"because", std::string(i.because)}, {"not_claimed", std::string(i.not_claimed)},
                                {"look_at", std::string(i.look_at)}};
    }
  return out;
}
}  // namespace

std::string page_data(std::span<const Document> documents, std::span<const Survey* const> surveys, const PageContext& context) {
  Json out{{"format", "mirrorscope-report-1"}, {"version", documents.front().version}, {"rules", rule_catalog(documents)},
           {"traces", Json::array()}};
  if (context.comparison) out["comparison"] = comparison_json(*context.comparison, context.sides);
  for (size_t i = 0; i < documents.size(); ++i) {
    out["traces"].push_back(PageData(documents[i], surveys[i]).trace());
    if (documents[i].summary) out["traces"].back()["whole"] = whole_json(*documents[i].summary, context.folder);
  }
  // "<" is only ever inside a string, where an escape means the same
  const std::string text = out.dump(-1, ' ', true);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  }
  return safe;
}

std::string to_page(std::span<const Document> documents, std::span<const Survey* const> surveys, const PageContext& context) {
  std::string out;
  for (const std::string_view part : page_before) out += part;
  out += page_data(documents, surveys, context);
  for (const std::string_view part : page_after) out += part;
  return out;
}

}  // namespace mirrorscope
