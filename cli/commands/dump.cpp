// SPDX-License-Identifier: Apache-2.0
// What is in a trace: its records as text or JSON, in time order, narrowed by filters.
#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/output/refusal.h"
#include "cli/subcommand.h"
#include "report/render/json.h"
#include "schema/catalog.h"
#include "schema/meant.h"
#include "trace/reading/merge.h"
#include "trace/reading/reader.h"
#include "trace/text/text.h"

namespace mirrorscope::cli {

namespace {

struct DumpOptions {
  std::string trace;
  std::vector<std::string> events, mms;
  std::vector<uint32_t> tids;
  std::vector<int> cpus;
  std::string from, to;
  uint64_t limit = UINT64_MAX;
  bool json = false;
};

struct Wanted {
  std::vector<bool> events = std::vector<bool>(EV_LIMIT, true);
  std::vector<uint64_t> mms;
  uint64_t from = 0, to = UINT64_MAX;
};

// "12.5" on the trace's clock, or "+12.5" from its first record, in ns.
Result<uint64_t> parse_time(const std::string& text, uint64_t first) {
  const bool relative = text.starts_with('+');
  const char* begin = text.c_str() + relative;
  uint64_t seconds = 0, ns = 0;
  auto [at, error] = std::from_chars(begin, text.c_str() + text.size(), seconds);
  if (error == std::errc() && *at == '.') {
    uint64_t digit = 100'000'000;
    for (++at; *at >= '0' && *at <= '9'; ++at, digit /= 10) ns += static_cast<uint64_t>(*at - '0') * digit;
  }
  if (error != std::errc() || *at != '\0' || seconds > 1'000'000'000)
    return fail(0, "'", text, "' is not a time; write 12.000345 as it stands in the trace, or +1.5 from its start");
  return (relative ? first : 0) + seconds * 1'000'000'000 + ns;
}

Result<Wanted> wanted(const DumpOptions& o, uint64_t first) {
  Wanted w;
  if (!o.events.empty()) {
    w.events.assign(EV_LIMIT, false);
    for (const std::string& glob : o.events) {
      bool fits = false;
      for (const EventInfo& e : catalog::events)
        if (fnmatch(glob.c_str(), std::string(e.name).c_str(), 0) == 0) fits = w.events[e.id] = true;
      if (!fits) return fail(0, no_such_event(glob));
    }
  }
  for (const std::string& mm : o.mms) {
    char* end = nullptr;
    w.mms.push_back(std::strtoull(mm.c_str(), &end, 0));
    if (mm.empty() || *end) return fail(0, "'", mm, "' is not an mm; write 0x... as it stands in the trace");
  }
  for (auto [text, time] : {std::pair{&o.from, &w.from}, {&o.to, &w.to}}) {
    if (text->empty()) continue;
    auto parsed = parse_time(*text, first);
    if (!parsed) return parsed.error();
    *time = *parsed;
  }
  return w;
}

template <typename T>
bool among(const std::vector<T>& some, T one) {
  return some.empty() || std::find(some.begin(), some.end(), one) != some.end();
}

int dump(const DumpOptions& o) {
  auto reader = trace::Reader::open(o.trace);
  if (!reader) return refuse("dump", reader.error().message + ".");
  trace::Merge merge(*reader);
  const ev_header* r = merge.next();
  auto w = wanted(o, r ? r->time : 0);
  if (!w) return refuse("dump", w.error().message + ".");
  std::string out;
  uint64_t printed = 0;
  for (; r && printed < o.limit && r->time <= w->to; r = merge.next()) {
    const int cpu = r->cpu == trace::about_stream ? -1 : r->cpu;
    if (r->time < w->from || !w->events[r->id] || !among(o.tids, r->tid) || !among(o.cpus, cpu) ||
        !among<uint64_t>(w->mms, r->mm))
      continue;
    if (o.json)
      out += record_to_json(*r);
    else
      trace::append_text(out, *r);
    out += '\n';
    ++printed;
    if (out.size() < 64 * 1024) continue;
    if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size()) break;  // main() says so
    out.clear();
  }
  std::fwrite(out.data(), 1, out.size(), stdout);
  std::fflush(stdout);
  for (const auto& cursor : merge.cursors())
    for (const trace::Damage& damage : cursor.damage()) remark("dump", trace::to_text(damage));
  for (const trace::Damage& damage : reader->foreign()) remark("dump", trace::to_text(damage));
  return exit_ok;
}

}  // namespace

void add_dump(CLI::App& app, int& exit_code) {
  auto o = std::make_shared<DumpOptions>();
  auto* sub = app.add_subcommand("dump", "Print the records of a trace, one per line, in time order");
  sub->add_option("TRACE", o->trace, "the trace directory")->required();
  sub->add_option("-e,--event", o->events, "only events of this name or glob; may be repeated")
      ->type_name("GLOB")
      ->allow_extra_args(false);
  sub->add_option("--tid", o->tids, "only records of this task; may be repeated")
      ->type_name("TID")
      ->allow_extra_args(false);
  sub->add_option("--cpu", o->cpus, "only records of this CPU, -1 for what the recorder says itself; may be repeated")
      ->type_name("N")
      ->allow_extra_args(false);
  sub->add_option("--mm", o->mms, "only records about this mm, as it stands in the trace; may be repeated")
      ->type_name("0x...")
      ->allow_extra_args(false);
  sub->add_option("--from", o->from, "from this time on: 12.000345 as in the trace, +1.5 from its start")
      ->type_name("TIME");
  sub->add_option("--to", o->to, "up to this time")->type_name("TIME");
  sub->add_option("-n,--limit", o->limit, "at most so many records")->type_name("N");
  sub->add_flag("--json", o->json, "one JSON object per line");
  sub->footer(
      "Examples:\n"
      "  mirrorscope dump run --limit 20\n"
      "  mirrorscope dump run --event 'inv_*' --event 'cb_*' --from +1.5 --to +1.6\n"
      "  mirrorscope dump run --event lost\n"
      "  mirrorscope dump run --json --event range_fault_ret | jq .ret | sort | uniq -c");
  sub->callback([o, &exit_code] { exit_code = dump(*o); });
}

}  // namespace mirrorscope::cli
