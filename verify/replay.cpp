// SPDX-License-Identifier: Apache-2.0
// How a trace is replayed: reader, engines and what is shown meanwhile.
#include "verify/replay.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "schema/meant.h"
#include "trace/reading/merge.h"
#include "verify/shared_pass.h"

namespace mirrorscope {

namespace {
// A line on stderr, from the third second on.
class ProgressLine {
 public:
  ProgressLine(bool wanted, const trace::Reader& reader) : wanted_(wanted) {
    for (const auto& s : reader.streams()) bytes_ += s.bytes;
  }
  ~ProgressLine() {
    if (shown_) std::fprintf(stderr, "\r\033[K");
  }
  void read(uint64_t records, uint64_t bytes) {
    records_ += records;
    read_bytes_ += bytes;
    if (records_ >= look_again_) [[unlikely]]
      look();
  }

 private:
  void look() {
    look_again_ = wanted_ ? records_ + 262144 : UINT64_MAX;
    const auto now = std::chrono::steady_clock::now();
    if (!wanted_ || now - begun_ < std::chrono::seconds(2) || now - last_ < std::chrono::milliseconds(200)) return;
    last_ = now;
    shown_ = true;
    std::fprintf(stderr, "\r\033[K%s", fmt::format("checking: {:.0f} %, {:.1f} M records", 100.0 * static_cast<double>(read_bytes_) /
                                                       static_cast<double>(std::max<uint64_t>(1, bytes_)),
                                                   static_cast<double>(records_) / 1e6).c_str());
    std::fflush(stderr);
  }

  bool wanted_;
  uint64_t bytes_ = 0;
  uint64_t records_ = 0;
  uint64_t read_bytes_ = 0;
  uint64_t look_again_ = 0;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = begun_;
};
}  // namespace

LossWindow window_of(const trace::Damage& d) {
  const bool about = d.stream == trace::about_stream;
  return {d.first_time, d.last_time, std::max(1u, d.missing), static_cast<uint32_t>(d.cause), 0, about ? -1 : int{d.stream}};
}

TraceFacts facts_of(const trace::Reader& reader) {
  return {reader.provenance().origin == trace::Origin::recorded, reader.deleted_segments() > 0};
}

Result<Replayed> replay(const std::filesystem::path& path, const ReplayOptions& options) {
  auto reader = trace::Reader::open(path);
  if (!reader) return reader.error();
  Replayed out;
  out.reader = std::make_unique<trace::Reader>(std::move(*reader));

  const unsigned jobs = std::max(1u, options.jobs);
  std::vector<std::unique_ptr<Engine>> engines;
  for (uint32_t i = 0; i < jobs; ++i) engines.push_back(std::make_unique<Engine>(EngineOptions{options.rules, facts_of(*out.reader), i, jobs}));
  trace::BufferStore store;
  trace::Merge merge(*out.reader, jobs == 1 ? nullptr : &store);
  ProgressLine progress(options.progress, *out.reader);
  if (jobs == 1) {
    Engine& engine = *engines[0];
    constexpr uint64_t kBatch = 4096;
    const ev_header* record = merge.next();
    while (record) {
      uint64_t n = 0, bytes = 0;
      for (; record && n < kBatch; ++n, record = merge.next()) {
        bytes += record_sizes[record->id];
        engine.feed(*record);
      }
      progress.read(n, bytes);
    }
  } else {
    SharedPass pass(merge, store, engines, [&](uint64_t records, uint64_t bytes) { progress.read(records, bytes); });
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < jobs; ++i) threads.emplace_back([&, i] { pass.work(i); });
    pass.work(0);
  }
  for (const trace::Cursor& cursor : merge.cursors())
    for (const trace::Damage& d : cursor.damage()) {
      engines[0]->damaged(window_of(d));
      out.damage.push_back(d);
    }
  for (const trace::Cursor& cursor : merge.cursors()) engines[0]->heads_say(cursor.stream(), cursor.discarded());
  for (const trace::Damage& d : out.reader->foreign()) out.damage.push_back(d);
  out.report = Engine::finish(engines);
  return out;
}

EvidenceIndex::EvidenceIndex(const trace::Reader& reader, const Report& report) {
  std::vector<uint64_t> times;
  for (const RuleResult& r : report.rules)
    for (const auto* list : {&r.findings, &r.suspects})
      for (const Candidate& c : *list)
        for (const Evidence& e : c.evidence)
          if (e.event && records_.try_emplace(e.event).second) times.push_back(e.event.time);
  if (records_.empty()) return;
  std::sort(times.begin(), times.end());
  const auto wanted = [&times](uint64_t first, uint64_t last) {
    const auto next = std::lower_bound(times.begin(), times.end(), first);
    return next != times.end() && *next <= last;
  };
  for (size_t i = 0; i < reader.streams().size(); ++i) {
    trace::Cursor cursor = reader.cursor(i);
    cursor.only(wanted);
    while (const ev_header* h = cursor.next())
      if (auto it = records_.find(EventRef::of(*h)); it != records_.end()) it->second = KeptRecord(*h);
  }
}

const ev_header* EvidenceIndex::find(const EventRef& ref) const {
  auto it = records_.find(ref);
  return it == records_.end() ? nullptr : it->second.get();
}

Windows windows_of(const trace::Reader& reader, std::span<const Candidate* const> findings, const EvidenceIndex& evidence) {
  Windows windows(findings, [&evidence](const EventRef& r) { return evidence.find(r); });
  trace::Merge merge(reader);
  for (const ev_header* record = merge.next(); record && !windows.are_past(record->time); record = merge.next()) windows.see(*record);
  return windows;
}

Result<std::vector<const RuleDef*>> select_rules(const std::vector<std::string>& globs) {
  std::vector<const RuleDef*> chosen;
  const bool only_removes = std::all_of(globs.begin(), globs.end(), [](const std::string& g) { return g.starts_with('!'); });
  if (only_removes) chosen.assign(all_rules().begin(), all_rules().end());
  for (const std::string& glob : globs) {
    const bool take_away = glob.starts_with('!');
    const char* pattern = glob.c_str() + (take_away ? 1 : 0);
    bool any = false;
    for (const RuleDef* rule : all_rules()) {
      const bool hit = fnmatch(pattern, std::string(rule->info.id).c_str(), FNM_CASEFOLD) == 0 ||
                       fnmatch(pattern, std::string(rule->info.name).c_str(), FNM_CASEFOLD) == 0 || same_name(pattern, rule->info.id);
      if (!hit) continue;
      any = true;
      auto at = std::find(chosen.begin(), chosen.end(), rule);
      if (take_away && at != chosen.end()) chosen.erase(at);
      if (!take_away && at == chosen.end()) chosen.push_back(rule);
    }
    if (!any) return fail(0, no_such_rule(pattern));
  }
  std::sort(chosen.begin(), chosen.end(), [](const RuleDef* a, const RuleDef* b) { return a->info.id < b->info.id; });
  if (chosen.empty()) return fail(0, "no rule is left to check");
  return chosen;
}

}  // namespace mirrorscope
