// SPDX-License-Identifier: Apache-2.0
// The records of one schedule, printed or written.
#include "cli/output/explored.h"

#include <fmt/format.h>

#include <cstdio>

#include "cli/output/color.h"
#include "cli/output/refusal.h"
#include "cli/subcommand.h"
#include "crosscheck/crosscheck.h"
#include "report/explain/window.h"
#include "report/render/text.h"
#include "schema/catalog.h"
#include "trace/text/text.h"
#include "trace/writing/writer.h"

namespace mirrorscope::cli {

namespace {
// Keeps what the one execution left.
struct Keep final : model::Observer {
  model::Records records;
  model::Hits hits = 0;
  bool execution(const model::Execution& e, bool&) override {
    records = e.records;
    hits = e.hits;
    return true;
  }
};
}  // namespace

Result<void> write_trace(const model::Model& m, const model::Schedule& schedule, const std::filesystem::path& folder) {
  Keep keep;
  model::explore_replay(m, schedule, &keep);
  trace::Provenance from;
  from.origin = trace::Origin::model;
  from.recorder = "mirrorscope " MIRRORSCOPE_VERSION;
  from.kernel_release = "model";
  from.kernel_version = "explored " + model::to_text(schedule);
  from.machine = "model";
  from.cpus = m.thread_count();
  from.raw_addresses = true;
  auto writer = trace::Writer::create(folder, from);
  if (!writer) return writer.error();
  Result<void> result;
  keep.records.each([&](const ev_header& h) {
    if (result) result = writer->append(h.cpu, &h, record_sizes[h.id]);
  });
  if (!result) return result;
  return writer->close();
}

int replay_schedule(const model::Model& m, const model::Schedule& schedule, const std::filesystem::path& folder) {
  Keep keep;
  const model::Covered c = model::explore_replay(m, schedule, &keep);
  keep.records.each([](const ev_header& h) { std::puts(trace::to_text(h).c_str()); });
  const Report report = judge(keep.records, {});
  const RecordFinder find = [&](const EventRef& ref) {
    const ev_header* found = nullptr;
    keep.records.each([&](const ev_header& h) {
      if (EventRef::of(h) == ref) found = &h;
    });
    return found;
  };
  Windows windows(shown_findings(report, 3), find);
  keep.records.each([&](const ev_header& h) { windows.see(h); });
  std::fputs(("\n" + to_text(report, {colored(), &windows, false, 3}, find)).c_str(), stdout);
  std::fputs(fmt::format("oracle: {}\n{}\n", c.hits ? model::to_text(c.hits) : "no harm", c.bound).c_str(), stdout);
  if (c.bound.starts_with("cannot")) return exit_unusable;
  if (!folder.empty()) {
    auto written = write_trace(m, schedule, folder);
    if (!written) return refuse("explore", written.error().message);
  }
  bool violated = c.hits != 0;
  for (const RuleResult& r : report.rules) violated |= r.verdict == Verdict::violated && r.rule->info.level != Level::smell;
  return violated ? exit_violated : exit_ok;
}

}  // namespace mirrorscope::cli
