// SPDX-License-Identifier: Apache-2.0
// What `mirrorscope top` shows: who invalidates whom right now, on a terminal that it redraws.
#include "cli/subcommand.h"

#if MIRRORSCOPE_LIVE

#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <memory>

#include <fmt/format.h>

#include "analyzer/rule.h"
#include "cli/options/scope.h"
#include "cli/output/output.h"
#include "cli/output/refusal.h"
#include "cli/output/screen.h"
#include "cli/output/tally_table.h"
#include "cli/watcher.h"
#include "collector/session/tallying.h"
#include "collector/stream/naming.h"
#include "report/folding.h"
#include "schema/shown.h"
#include "tally/added_up.h"

namespace mirrorscope::cli {

namespace {

using Clock = std::chrono::steady_clock;

struct TopArguments {
  Scope scope;
  std::string interval = "1s";
  std::optional<WorkloadSide> by;
  uint64_t frames = 0;  // 0: until told
  bool batch = false, check = false;
};

int top_cannot(const std::string& sentence) { return refuse("top", sentence + "."); }

std::string clock_text() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char text[16];
  std::strftime(text, sizeof text, "%H:%M:%S", &local);
  return text;
}

std::string summary(const Tally& t, double seconds) {
  uint64_t invalidations = 0, callbacks = 0, faults = 0, retries = 0;
  for (const TallyRow& row : t.rows) {
    if (row.kind == MS_tally_invalidate) invalidations += row.calls;
    if (row.kind == MS_tally_callback) callbacks += row.calls;
    if (row.kind == MS_tally_fault) faults += row.calls, retries += row.refused;
  }
  auto rate = [&](uint64_t n) { return grouped(static_cast<uint64_t>(static_cast<double>(n) / seconds + 0.5)); };
  std::string text = fmt::format("mirrorscope top  {}  {:.1f} s  invalidations {}/s  callbacks {}/s  faults {}/s, {}/s retried  {} probes",
                                 clock_text(), seconds, rate(invalidations), rate(callbacks), rate(faults), rate(retries), t.probes);
  if (t.lost()) text += fmt::format("  NOT COUNTED: {}", grouped(t.lost()));
  return text;
}

std::string_view order_name(TallyOrder order) {
  return order == TallyOrder::faults ? "faults" : order == TallyOrder::pinned ? "pinned memory" : "invalidations";
}

// The rules that object, those that are wrong in every circumstance first.
std::vector<std::string> verdict_lines(const std::vector<LiveFinding>& findings) {
  std::vector<std::string> lines{"", findings.empty() ? "no rule objects so far"
                                                      : "what rules object to so far; `mirrorscope record` and `check` settle it and show the evidence"};
  for (const LiveFinding& f : findings)
    lines.push_back(fmt::format("{:>7} {:<15.15} {} {} ({}): {}", f.tgid, shown(comm_of(f.tgid)), f.rule, f.name, f.level, grouped(f.count)));
  return lines;
}

std::vector<std::string> frame(const Tally& interval, double seconds, TallyOrder order, std::optional<WorkloadSide> by,
                               size_t height, const std::vector<LiveFinding>* findings) {
  std::map<uint32_t, uint64_t> by_process;
  if (findings)
    for (const LiveFinding& f : *findings) by_process[f.tgid] += f.count;
  TallyLook look{
      .seconds = seconds, .rates = true, .order = order, .by = by, .findings = findings && !by ? &by_process : nullptr};
  std::vector<std::string> lines{summary(interval, seconds), ""};
  if (height != SIZE_MAX) look.most = height > 12 ? (height - 6) / 2 : 3;
  if (interval.rows.empty()) {
    lines.emplace_back("nothing happens: no invalidation, fault, migration or pin in this interval");
  } else {
    for (std::string& line : process_table(interval, look)) lines.push_back(std::move(line));
    if (findings)
      for (std::string& line : verdict_lines(*findings)) lines.push_back(std::move(line));
    lines.emplace_back();
    for (std::string& line : call_table(interval, look)) lines.push_back(std::move(line));
  }
  return lines;
}

int run(const TopArguments& a) {
  auto interval = duration_of(a.interval);
  if (!interval) return top_cannot(interval.error().message);
  if (a.check && !a.scope.command.empty())
    return top_cannot("--check judges what runs already; for a command there is 'mirrorscope record --check'");
  std::optional<Watcher> watcher;
  if (a.check) {
    auto watches = Watcher::start(a.scope);
    if (!watches) return top_cannot(watches.error().message);
    watcher.emplace(std::move(*watches));
  }
  const bool screen_wanted = !a.batch && isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
  auto tallying = Tallying::start({a.scope, true, a.by.has_value()});
  if (!tallying) return top_cannot(tallying.error().message);
  auto before = tallying->read();
  if (!before) return top_cannot(before.error().message);
  auto before_at = Clock::now();
  std::optional<Screen> screen;
  if (screen_wanted) {
    auto opened = Screen::open();
    if (!opened) return top_cannot(opened.error().message + "; 'mirrorscope top --batch' needs none");
    screen.emplace(std::move(*opened));
    if (auto waits = tallying->also_wait_for(STDIN_FILENO); !waits) return top_cannot(waits.error().message);
    screen->draw({"mirrorscope top: the first interval is being counted", "", "q quits, o changes the order, p pauses"}, {});
  }
  TallyOrder order = TallyOrder::invalidations;
  bool paused = false;
  std::vector<std::string> shown;
  for (uint64_t frames = 0; a.frames == 0 || frames < a.frames;) {
    auto why = tallying->wait(before_at + *interval - Clock::now());
    if (!why) return top_cannot(why.error().message);
    bool redraw = false;
    for (int key = screen ? screen->key() : 0; key; key = screen->key()) {
      if (key == 'q') return tallying->end(), exit_ok;
      if (key == 'p') paused = !paused;
      if (key == 'o') order = static_cast<TallyOrder>((static_cast<int>(order) + 1) % 3);
      redraw = true;
    }
    const auto now = Clock::now();
    const bool due = now - before_at >= *interval || *why;
    if (due) {
      auto read = tallying->read();
      if (!read) return top_cannot(read.error().message);
      const double seconds = std::max(1e-3, std::chrono::duration<double>(now - before_at).count());
      Tally since = read->since(*before);
      if (a.by) since = added_up(since, *a.by);
      if (watcher)
        if (auto listened = watcher->listen(); !listened) return top_cannot(listened.error().message);
      if (!paused)
        shown = frame(since, seconds, order, a.by, screen ? screen->height() : SIZE_MAX,
                      watcher ? &watcher->findings() : nullptr);
      if (!screen) {
        for (const std::string& line : shown) std::printf("%s\n", line.c_str());
        std::printf("\n");
        if (std::fflush(stdout) != 0) break;  // nobody reads any more
      }
      *before = std::move(*read);
      before_at = now;
      ++frames;
    }
    if (screen && (due || redraw))
      screen->draw(shown, fmt::format("q quits  o: by {}  p {}", order_name(order), paused ? "goes on (PAUSED)" : "pauses"));
    if (*why) break;
  }
  screen.reset();
  tallying->end();
  return exit_ok;
}

}  // namespace

void add_top(CLI::App& app, int& exit_code) {
  auto a = std::make_shared<TopArguments>();
  auto* sub = app.add_subcommand("top", "Show who invalidates whose mirrors right now, and what callbacks take");
  add_command(*sub, a->scope, "count");
  add_filters(*sub, a->scope);
  add_side(*sub, "--by", a->by, "a line per job, step, pod, container, unit or cgroup instead of per process");
  sub->add_option("-i,--interval", a->interval, "time between two frames: 1s, 500ms")->type_name("TIME");
  sub->add_option("-n,--frames", a->frames, "end after so many frames")->type_name("N");
  sub->add_flag("-b,--batch", a->batch, "print frame after frame, for files and pipes; so does output that is no terminal");
  sub->add_flag("-c,--check", a->check, "judge beside counting, and show what rules object to; this records, and costs what recording costs");
  sub->footer(
      "The upper table has a line per process: invalidations by reason, hmm_range_fault() and retries, pages migrated and\n"
      "pinned, all per second, and the memory charged as pinned (VmPin). The lower one has a line per process and kind of\n"
      "call, callbacks of drivers first: how often, how often refused, median, 99th percentile and longest of the interval.\n"
      "The kernel adds up, so it costs less than recording. Keys: q quits, o changes the order, p pauses.\n"
      "\n"
      "Examples:\n"
      "  sudo mirrorscope top\n"
      "  sudo mirrorscope top --check                     findings as they come\n"
      "  sudo mirrorscope top --comm qemu-system-x86 -i 5s\n"
      "  sudo mirrorscope top --batch -n 10 > top.txt\n"
      "\n"
      "Exit codes: 0 ended as told, 2 cannot count.");
  sub->callback([a, &exit_code] { exit_code = run(*a); });
}

}  // namespace mirrorscope::cli

#else

namespace mirrorscope::cli {

void add_top(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("top", "Show who invalidates whose mirrors right now (not in this build)");
  sub->allow_extras();
  sub->callback([&exit_code] {
    std::fputs("mirrorscope top: this build cannot watch a kernel, it was made with MIRRORSCOPE_LIVE=OFF.\n", stderr);
    exit_code = exit_unusable;
  });
}

}  // namespace mirrorscope::cli

#endif
