// SPDX-License-Identifier: Apache-2.0
// mirrorscope explain: one finding, told so that a driver developer can follow it and argue with it.
#include <algorithm>
#include <cstdio>
#include <thread>

#include "cli/output/refusal.h"
#include "cli/subcommand.h"
#include "report/explain/explain.h"
#include "report/folding.h"
#include "verify/replay.h"

namespace mirrorscope::cli {

namespace {

void list_findings(const std::vector<Finding>& findings) {
  for (const Finding& f : findings)
    std::printf("%-10s %s %s\n", f.id.c_str(), clock_text(f.what->completing.time).c_str(),
                folded(f.what->what, 24).c_str());
}

int run_explain(const std::string& path, const std::string& id) {
  ReplayOptions options;
  options.jobs = std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
  const auto done = replay(path, options);
  if (!done) return refuse("explain", done.error().message);
  const EvidenceIndex index(*done->reader, done->report);
  const auto findings = findings_of(done->report, [&index](const EventRef& r) { return index.find(r); });
  if (id.empty()) {
    if (findings.empty()) std::puts("no findings");
    list_findings(findings);
    return exit_ok;
  }
  const Finding* finding = finding_named(findings, id);
  if (!finding) return refuse("explain", "there is no finding '" + id + "'; `mirrorscope explain " + path + "` lists them");
  const Candidate* const wanted[] = {finding->what};
  const Windows windows = windows_of(*done->reader, wanted, index);
  std::fputs(explain(*finding, windows.of(*finding->what), done->report).c_str(), stdout);
  return exit_ok;
}
}  // namespace

void add_explain(CLI::App& app, int& exit_code) {
  struct Options {
    std::string trace;
    std::string finding;
  };
  auto* sub = app.add_subcommand("explain", "tell one finding: the rule, who invalidated, what the driver did, the events that prove it");
  auto o = std::make_shared<Options>();
  sub->add_option("TRACE", o->trace, "a directory written by `mirrorscope record`")->required();
  sub->add_option("FINDING", o->finding, "its name, e.g. SEQ-01/2; without one, all are listed");
  sub->footer(
      "The text fits a mail to a kernel list: 80 columns, one column per task, the kernel's own names.\n"
      "\n"
      "Examples:\n"
      "  mirrorscope explain run            which findings there are\n"
      "  mirrorscope explain run SEQ-01/1   the first of rule SEQ-01");
  sub->callback([o, &exit_code] { exit_code = run_explain(o->trace, o->finding); });
}

}  // namespace mirrorscope::cli
