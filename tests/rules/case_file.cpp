// SPDX-License-Identifier: Apache-2.0
// How a .cases file becomes records.
#include "case_file.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace mirrorscope::test {

namespace {
constexpr uint64_t kStep = 10'000;  // ns between two lines
constexpr uint64_t kSoon = 1'000;   // ns, less than the clocks of two CPUs may differ
constexpr uint64_t kMm = 0xaa00;

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string w; in >> w;) words.push_back(w);
  return words;
}

std::optional<uint64_t> number(const std::string& text) {
  uint64_t n = 0;
  const bool hex = text.starts_with("0x");
  const char* const begin = text.data() + (hex ? 2 : 0);
  auto [end, error] = std::from_chars(begin, text.data() + text.size(), n, hex ? 16 : 10);
  if (error != std::errc() || end == begin) return {};
  const std::string unit(end, text.data() + text.size());
  if (unit.empty() || unit == "ns") return n;
  if (unit == "us") return n * 1'000;
  if (unit == "ms") return n * 1'000'000;
  if (unit == "s") return n * 1'000'000'000;
  return {};
}

class Builder {
 public:
  explicit Builder(Case& c) : case_(c) {}

  Result<void> line(const std::vector<std::string>& w, const std::string& whole) {
    if (w[0] == "expect") return expect(w);
    if (w[0] == "after") return after(w);
    if (w[0] == "lost") return lost(w);
    if (w[0] == "skipped") return skipped(w);
    if (w[0] == "again") return again(w);
    if (w[0] == "unprobed") return unprobed(w);
    if (w[0] == "unsettled") return unsettled();
    if (w[0] == "about") return record(whole.substr(whole.find("about") + 5), nullptr);
    if (w[0] == "soon" && w.size() > 2) {
      if (!met_.contains(w[1])) return fail(0, w[1], " must have a line before");
      time_ -= kStep - kSoon;
      return record(whole.substr(whole.find(w[1]) + w[1].size()), &w[1]);
    }
    if (w.size() > 1 && (w[0][0] == 't' || w[0][0] == 'n')) return record(whole.substr(whole.find(w[0]) + w[0].size()), &w[0]);
    return fail(0, "expected a task, expect, after, again, lost, skipped, soon, unprobed, unsettled or about, not ", w[0]);
  }

  void end() {
    if (!settled_) return;
    trace::AnyRecord r;
    r.header().id = EV_stopped;
    push(r, time_ + kStep);
  }

 private:
  void push(trace::AnyRecord& r, uint64_t time) {
    r.header().time = time;
    if (event_info(r.header().id)->kind == EventKind::about) r.header().cpu = MS_ABOUT_CPU;
    case_.records.push_back(r);
  }

  void number_it(ev_header& h) { h.seq = next_seq_[h.cpu]++; }

  void introduce(uint32_t tid, uint16_t cpu) {
    // a whole call that no rule cares about: from here on it is known what the task does
    for (uint16_t id : {uint16_t{EV_hl_release}, uint16_t{EV_hl_release_ret}}) {
      trace::AnyRecord r;
      r.header().id = id;
      r.header().tid = r.header().tgid = tid;
      r.header().mm = kMm;
      r.header().cpu = cpu;
      number_it(r.header());
      push(r, time_ += kStep);
    }
  }

  Result<void> record(const std::string& text, const std::string* task) {
    auto parsed = trace::parse_record(text.substr(text.find_first_not_of(' ')));
    if (!parsed) return parsed.error();
    ev_header& h = parsed->header();
    if (!task) {
      push(*parsed, time_);
      return {};
    }
    last_.push_back({text, *task});
    auto n = number(task->substr(1));
    if (!n) return fail(0, "a task is t1, t2 or n1, not ", *task);
    const auto tid = static_cast<uint32_t>(((*task)[0] == 'n' ? 200 : 100) + *n);
    const auto cpu = static_cast<uint16_t>(*n);
    if ((*task)[0] == 't' && !met_.contains(*task)) introduce(tid, cpu);
    met_.insert(*task);
    if (!h.tid) h.tid = tid;
    if (!h.tgid) h.tgid = h.tid;
    if (!h.cpu) h.cpu = cpu;
    if (text.find(" mm=") == std::string::npos) h.mm = kMm;
    number_it(h);
    push(*parsed, time_ += kStep);
    if (window_) {
      reinterpret_cast<ev_lost&>(case_.records[*window_].header()).until = time_;
      window_.reset();
    }
    case_.lines.push_back(EventRef::of(case_.records.back().header()));
    return {};
  }

  Result<void> after(const std::vector<std::string>& w) {
    auto n = w.size() == 2 ? number(w[1]) : std::nullopt;
    if (!n) return fail(0, "after what? e.g. after 50ms");
    time_ += *n;
    return {};
  }

  Result<void> again(const std::vector<std::string>& w) {
    const bool counts = w.size() == 5;  // again LINES TIMES FIELD STEP
    const uint64_t lines = w.size() == 3 || counts ? number(w[1]).value_or(0) : 0, times = lines ? number(w[2]).value_or(0) : 0;
    const auto step = counts ? number(w[4]) : std::optional<uint64_t>(0);
    if (!lines || !times || !step || lines > last_.size()) return fail(0, "which lines again, and how often? e.g. again 2 100, or again 2 100 range 0x100");
    const std::vector<std::pair<std::string, std::string>> repeated(last_.end() - static_cast<std::ptrdiff_t>(lines), last_.end());
    for (uint64_t i = 1; i <= times; ++i)
      for (const auto& [text, task] : repeated)
        if (auto done = record(counts ? raised(text, w[3], i * *step) : text, &task); !done) return done;
    return {};
  }

  // The line with `by` more in this field; one that does not have it stays as it is.
  static std::string raised(const std::string& text, const std::string& field, uint64_t by) {
    const size_t at = text.find(" " + field + "=");
    if (at == std::string::npos) return text;
    const size_t value = at + field.size() + 2, end = std::min(text.find(' ', value), text.size());
    const auto old = number(text.substr(value, end - value));
    return old ? text.substr(0, value) + std::to_string(*old + by) + text.substr(end) : text;
  }

  Result<void> lost(const std::vector<std::string>& w) {
    auto task = w.size() == 3 ? number(w[1].substr(1)) : std::nullopt;
    auto n = w.size() == 3 ? number(w[2]) : std::nullopt;
    if (!task || !n) return fail(0, "lost where and how many? e.g. lost t1 2");
    next_seq_[static_cast<uint16_t>(*task)] += static_cast<uint32_t>(*n);
    return {};
  }

  Result<void> skipped(const std::vector<std::string>& w) {
    const EventInfo* row = w.size() == 3 ? event_named(w[1]) : nullptr;
    auto n = w.size() == 3 ? number(w[2]) : std::nullopt;
    if (!row || !n) return fail(0, "skipped what and how often? e.g. skipped inv_end 1");
    trace::AnyRecord r;
    auto& e = reinterpret_cast<ev_lost&>(r.header());
    e.h.id = EV_lost;
    e.cause = MS_loss_skipped;
    e.event = row->id;
    e.count = *n;
    e.on_cpu = -1;
    e.from = time_;
    e.until = time_ + kStep;
    push(r, time_);
    window_ = case_.records.size() - 1;
    return {};
  }

  Result<void> unprobed(const std::vector<std::string>& w) {
    for (const EventInfo& row : catalog::events) {
      if (row.kind == EventKind::about) continue;
      trace::AnyRecord r;
      auto& e = reinterpret_cast<ev_probe_state&>(r.header());
      e.h.id = EV_probe_state;
      e.event = row.id;
      const bool missing = std::find(w.begin() + 1, w.end(), std::string(row.name)) != w.end();
      e.how = missing ? MS_probe_how_absent : MS_probe_how_fentry;
      push(r, time_);
    }
    return {};
  }

  Result<void> unsettled() {
    settled_ = false;
    trace::AnyRecord r;
    r.header().id = EV_ready;
    push(r, 0);
    std::rotate(case_.records.rbegin(), case_.records.rbegin() + 1, case_.records.rend());
    return {};
  }

  Result<void> expect(const std::vector<std::string>& w) {
    if (w.size() < 2) return fail(0, "expect what?");
    for (Verdict v : {Verdict::holds, Verdict::violated, Verdict::inconclusive, Verdict::not_observable, Verdict::never_exercised}) {
      if (to_string(v) != w[1]) continue;
      case_.expected = v;
      if (w.size() > 2) case_.count = number(w[2]);
      if (w.size() > 4 && w[3] == "at") case_.at = number(w[4]).value_or(0);
      return {};
    }
    return fail(0, "no such verdict: ", w[1]);
  }

  Case& case_;
  uint64_t time_ = 1'000'000'000;
  std::map<uint16_t, uint32_t> next_seq_;
  std::set<std::string> met_;  // tasks that have had a line
  std::vector<std::pair<std::string, std::string>> last_;  // record lines: what they say, whose they are
  std::optional<size_t> window_;
  bool settled_ = true;
};
}  // namespace

Result<CaseFile> read_cases(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) return fail(errno, "cannot read ", path.string());
  CaseFile file;
  std::optional<Builder> builder;
  std::string line;
  for (int n = 1; std::getline(in, line); ++n) {
    line = line.substr(0, line.find('#'));
    const auto w = words_of(line);
    if (w.empty()) continue;
    if (w[0] == "rule" && w.size() == 2) {
      file.rule = w[1];
    } else if (w[0] == "case" && w.size() == 2) {
      if (builder) builder->end();
      file.cases.push_back({});
      file.cases.back().name = w[1];
      file.cases.back().line = n;
      builder.emplace(file.cases.back());
    } else if (!builder) {
      return fail(0, path.filename().string(), ":", n, ": expected `rule ID` or `case NAME`");
    } else if (auto done = builder->line(w, line); !done) {
      return fail(0, path.filename().string(), ":", n, ": ", done.error().message);
    }
  }
  if (builder) builder->end();
  return file;
}

RuleResult judge(const RuleDef& rule, const std::vector<trace::AnyRecord>& records, uint32_t shards) {
  std::vector<std::unique_ptr<Engine>> engines;
  for (uint32_t i = 0; i < shards; ++i) engines.push_back(std::make_unique<Engine>(EngineOptions{{&rule}, {}, i, shards}));
  for (auto& engine : engines)
    for (const trace::AnyRecord& r : records) engine->feed(r.header());
  return Engine::finish(engines).rules.at(0);
}

}  // namespace mirrorscope::test
