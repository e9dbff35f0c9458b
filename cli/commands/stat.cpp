// SPDX-License-Identifier: Apache-2.0
// What `mirrorscope stat` counts, and the summary it ends with.
#include "cli/subcommand.h"

#if MIRRORSCOPE_LIVE

#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/options/outputs.h"
#include "cli/options/scope.h"
#include "cli/output/output.h"
#include "cli/output/refusal.h"
#include "cli/output/tally_table.h"
#include "collector/session/tallying.h"
#include "report/folding.h"
#include "tally/added_up.h"

namespace mirrorscope::cli {

namespace {

struct StatArguments {
  Scope scope;
  std::optional<WorkloadSide> by;
  std::string duration, format = "text", output;
  bool pass_exit_code = false;
};

int stat_cannot(const std::string& sentence) { return refuse("stat", sentence + "."); }

std::string as_text(const Tally& tally, double seconds, std::optional<WorkloadSide> by) {
  if (tally.rows.empty()) return fmt::format("nothing happened: no invalidation, fault, migration or pin in {:.1f} s\n", seconds);
  const TallyLook look{.seconds = seconds, .by = by};
  std::string text = fmt::format("what the memory of each {} went through in {:.1f} s\n\n",
                                 by ? kWorkloadSides[static_cast<size_t>(*by)] : "process", seconds);
  for (const std::string& line : process_table(tally, look)) text += line + "\n";
  text += "\nwhat took the time: callbacks of drivers first\n\n";
  for (const std::string& line : call_table(tally, look)) text += line + "\n";
  return text;
}

std::string as_json(const Tally& tally, double seconds, std::optional<WorkloadSide> by) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const TallyRow& row : tally.rows) {
    nlohmann::ordered_json r;
    if (by) {
      r[std::string(kWorkloadSides[static_cast<size_t>(*by)])] = row.comm;
    } else {
      r["pid"] = row.tgid;
      r["process"] = row.comm;
    }
    r.update({{"call", kind_name(row.kind)},
              {"of", row.what},
              {"calls", row.calls},
              {"refused", row.refused},
              {"pages", row.pages}});
    if (row.times.count)
      r["ns"] = {{"count", row.times.count}, {"total", row.times.total}, {"p50", row.times.percentile(0.5)},
                 {"p99", row.times.percentile(0.99)}, {"longest", row.times.longest}};
    rows.push_back(std::move(r));
  }
  nlohmann::ordered_json pinned = nlohmann::ordered_json::object();
  std::map<uint32_t, std::string> names;
  for (const TallyRow& row : tally.rows) names.emplace(row.tgid, by ? row.comm : std::to_string(row.tgid));
  for (const auto& [tgid, bytes] : tally.pinned)
    if (bytes) pinned[names[tgid]] = bytes;
  const nlohmann::ordered_json all{{"seconds", seconds}, {"not_counted", tally.lost()}, {"probes", tally.probes},
                                   {"missing_probes", tally.missing}, {"pinned_bytes", std::move(pinned)}, {"rows", std::move(rows)}};
  return all.dump(2) + "\n";
}

int run(const StatArguments& a) {
  std::chrono::nanoseconds left = std::chrono::hours(24 * 365);
  if (!a.duration.empty()) {
    auto duration = duration_of(a.duration);
    if (!duration) return stat_cannot(duration.error().message);
    left = *duration;
  }
  auto tallying = Tallying::start({a.scope, false, a.by.has_value()});
  if (!tallying) return stat_cannot(tallying.error().message);
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  if (a.scope.command.empty() && a.duration.empty()) std::fprintf(stderr, "mirrorscope: counting; Ctrl-C ends\n");
  // callbacks of drivers that are loaded meanwhile are looked for as time goes by
  constexpr std::chrono::nanoseconds look_every = std::chrono::milliseconds(200);
  std::optional<Tally> tally;
  for (std::optional<StopReason> why; !why;) {
    const auto now = Clock::now();
    if (now - began >= left) break;
    auto waited = tallying->wait(std::min<std::chrono::nanoseconds>(look_every, left - (now - began)));
    if (!waited) return stat_cannot(waited.error().message);
    why = *waited;
    auto read = tallying->read();
    if (!read) return stat_cannot(read.error().message);
    tally = std::move(*read);
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
  const auto code = tallying->end();
  if (!tally) tally.emplace();
  if (a.by) *tally = added_up(*tally, *a.by);
  const std::string text = a.format == "json" ? as_json(*tally, seconds, a.by) : as_text(*tally, seconds, a.by);
  if (a.output.empty())
    std::fputs(text.c_str(), stdout), std::fflush(stdout);
  else if (auto written = write_file(a.output, text); !written)
    return stat_cannot(written.error().message);
  if (tally->lost())
    std::fprintf(stderr, "mirrorscope stat: at most %s calls are not in these numbers: their probes were interrupted, or found no room\n",
                 grouped(tally->lost()).c_str());
  if (code) std::fprintf(stderr, "command: exit code %d\n", *code);
  return a.pass_exit_code && code ? *code : exit_ok;
}

}  // namespace

void add_stat(CLI::App& app, int& exit_code) {
  auto a = std::make_shared<StatArguments>();
  auto* sub = app.add_subcommand("stat", "Count what happens to the memory of a command, or of everybody, without recording it");
  add_command(*sub, a->scope, "count");
  sub->add_option("-d,--duration", a->duration, "stop after this time: 10, 500ms, 2m, 1h")->type_name("TIME");
  add_filters(*sub, a->scope);
  add_side(*sub, "--by", a->by, "a line per job, step, pod, container, unit or cgroup instead of per process")
      ->group("Output");
  sub->add_option("--format", a->format, "text or json")->check(CLI::IsMember({"text", "json"}))->group("Output");
  sub->add_option("-o,--output", a->output, "write the summary there, not where the command writes")->type_name("FILE")->group("Output");
  sub->add_flag("--exit-code-from-command", a->pass_exit_code, "exit with the command's exit code")->group("Output");
  sub->footer(
      "Invalidations by reason, callbacks of drivers with their latency, hmm_range_fault() and its retries, migrations,\n"
      "pins. The kernel adds up; nothing is written. Needs what 'mirrorscope record' needs.\n"
      "\n"
      "REFUSED: non-blockable starts that failed, callbacks that said no, faults that returned -EBUSY, pins that failed.\n"
      "PINNED: what the process has charged as pinned (VmPin of /proc/PID/status) now.\n"
      "\n"
      "Examples:\n"
      "  sudo mirrorscope stat -- ./my_test                what it did to its mirrors\n"
      "  sudo mirrorscope stat -a -d 10                    the whole machine, ten seconds\n"
      "  sudo mirrorscope stat -a -d 10 --format json | jq '.rows[] | select(.call == \"callback\") | .ns.p99'\n"
      "\n"
      "Exit codes: 0 counted, 2 cannot count.");
  sub->callback([a, &exit_code] { exit_code = run(*a); });
}

}  // namespace mirrorscope::cli

#else

namespace mirrorscope::cli {

void add_stat(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("stat", "Count what happens to mirrored memory (not in this build)");
  sub->allow_extras();
  sub->callback([&exit_code] {
    std::fputs("mirrorscope stat: this build cannot watch a kernel, it was made with MIRRORSCOPE_LIVE=OFF.\n", stderr);
    exit_code = exit_unusable;
  });
}

}  // namespace mirrorscope::cli

#endif
