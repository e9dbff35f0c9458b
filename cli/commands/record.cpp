// SPDX-License-Identifier: Apache-2.0
// What `mirrorscope record` can be asked for, and what it says while it records and at the end.
#include "cli/subcommand.h"

#if MIRRORSCOPE_LIVE

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <map>
#include <memory>
#include <set>

#include "cli/live_check.h"
#include "cli/options/scope.h"
#include "cli/output/color.h"
#include "cli/output/output.h"
#include "cli/output/refusal.h"
#include "cli/output/verdict.h"
#include "collector/probes/filters.h"
#include "collector/session/session.h"
#include "report/folding.h"
#include "schema/catalog.h"
#include "schema/shown.h"
#include "verify/replay.h"

namespace mirrorscope::cli {

namespace {

struct RecordArguments {
  RecordOptions record;
  std::string duration, ring_size, max_size;
  std::vector<std::string> probes;
  bool no_stacks = false, progress = false, stats = false, quiet = false, check = false, pass_exit_code = false;
};

int record_cannot(const std::string& sentence) { return refuse("record", sentence + "."); }

// "mirrorscope-20251120-093045"
std::string default_output() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  char name[64];
  std::strftime(name, sizeof(name), "mirrorscope-%Y%m%d-%H%M%S", &local);
  return name;
}

class Talk final : public RecordObserver {
 public:
  Talk(bool live, bool terminal) : live_(live), terminal_(terminal) {}

  void compiling(const HookOptions& hooks) override {
    if (!live_) return;
    for (const std::filesystem::path& file : hooks.files) remark("", "compiling " + file.string());
  }
  void ready(const std::vector<ProbeState>& probes) override {
    size_t attached = 0;
    for (const ProbeState& p : probes) attached += p.attached();
    if (live_) std::fprintf(stderr, "mirrorscope: %zu probes attached, recording; Ctrl-C ends\n", attached);
  }
  void progress(const Progress& now) override {
    const auto since = now.elapsed - last_.elapsed;
    if (!live_ || since < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(1000))) return;
    const double rate = static_cast<double>(now.records - last_.records) / std::chrono::duration<double>(since).count();
    std::fprintf(stderr, "%s%s  %s events  %s/s  %s lost  %s%s", terminal_ ? "\r\033[K" : "",
                 in_seconds(now.elapsed).c_str(), grouped(now.records).c_str(),
                 grouped(static_cast<uint64_t>(rate)).c_str(), grouped(now.lost).c_str(), in_bytes(now.bytes).c_str(),
                 terminal_ ? "" : "\n");
    shown_ = terminal_;
    last_ = now;
  }
  void warning(const std::string& sentence) override {
    clear();
    remark("record", "warning: " + sentence + ".");
  }
  void clear() {
    if (shown_) std::fprintf(stderr, "\r\033[K");
    shown_ = false;
  }

 private:
  bool live_, terminal_;
  bool shown_ = false;
  Progress last_;
};

std::string losses_of(const Recorded& r) {
  if (r.lost() == 0) return "none lost";
  std::string text;
  auto add = [&](uint64_t count, const char* what) {
    if (count) text += (text.empty() ? "" : ", ") + grouped(count) + what;
  };
  add(r.ring_full, " lost (ring full: try a larger --ring-size or a narrower filter)");
  add(r.skipped, " program runs skipped by the kernel");
  for (const auto& [error, records] : r.unwritten) add(records, (" lost (not written: " + std::string(std::strerror(error)) + ")").c_str());
  return text;
}

// A trace that the disk did not take whole is never a success, whatever the command or the rules say.
int unless_unwritten(int code, const Recorded& r, const std::string& output) {
  const bool nothing = r.bytes == 0 && r.not_written() > 0;
  if (nothing)
    std::fprintf(stderr, "mirrorscope record: nothing could be written into %s: %s.\n", output.c_str(), std::strerror(r.unwritten.begin()->first));
  else if (r.not_written() > 0)
    std::fprintf(stderr, "mirrorscope record: the trace is not whole: %s records could not be written.\n", grouped(r.not_written()).c_str());
  if (!r.unclosed.empty())
    std::fprintf(stderr, "mirrorscope record: what was written before may be lost, too: %s.\n", r.unclosed.c_str());
  return code == exit_ok && (r.not_written() > 0 || !r.unclosed.empty()) ? exit_inconclusive : code;
}

// Probes that are not there, one sentence per reason. Hooks of drivers that nobody has loaded are no news: they are counted.
void print_missing(const Recorded& r) {
  std::map<std::string, std::set<std::string>> by_reason;
  size_t not_loaded = 0;
  for (const ProbeCounts& p : r.probes) {
    if (p.state.attached() || p.state.how == MS_probe_how_off) continue;
    const EventInfo* event = event_info(p.state.event);
    const bool hook = event && (event->from == EventFrom::driver || event->from == EventFrom::process);
    if (hook && p.state.how == MS_probe_how_absent)
      ++not_loaded;
    else
      by_reason[p.state.why].insert(p.state.function);
  }
  if (not_loaded)
    std::fprintf(
        stderr,
        "  %zu of drivers that are not loaded, or have no such function here: mirrorscope dump --event probe_state\n",
        not_loaded);
  for (const auto& [why, functions] : by_reason) {
    std::string names;
    for (const std::string& function : functions) names += (names.empty() ? "" : ", ") + function;
    std::fprintf(stderr, "  %s:\n%s", shown_sentence(why).c_str(), folded_list("    ", names, 120).c_str());
  }
}

void print_summary(const Recorded& r, const std::string& output) {
  size_t attached = 0, missing = 0;
  for (const ProbeCounts& p : r.probes) p.state.attached() ? ++attached : missing += p.state.how != MS_probe_how_off;
  std::fprintf(stderr, "recorded %s: %s events, %s\n", in_seconds(r.elapsed).c_str(), grouped(r.records).c_str(),
               losses_of(r).c_str());
  std::fprintf(stderr, "trace: %s, %s; the recorder used at most %s of memory\n", shown(output).c_str(),
               in_bytes(r.bytes).c_str(), in_bytes(r.peak_rss).c_str());
  std::fprintf(stderr, "probes: %zu attached, %zu that this kernel does not give\n", attached, missing);
  print_missing(r);
  if (r.command_code) std::fprintf(stderr, "command: exit code %d\n", *r.command_code);
}

void print_stats(const Recorded& r) {
  std::fprintf(stderr, "\n%-28s %-40s %-10s %14s %10s %10s\n", "event", "function", "how", "runs", "made up", "skipped");
  for (const ProbeCounts& p : r.probes) {
    if (!p.state.attached()) continue;
    const EventInfo* event = event_info(p.state.event);
    std::fprintf(stderr, "%-28s %-40s %-10s %14s %10s %10s\n", event ? std::string(event->name).c_str() : "-",
                 p.state.function.c_str(), std::string(label_of(catalog::enum_probe_how, p.state.how)).c_str(),
                 grouped(p.runs).c_str(), grouped(p.made_up).c_str(), grouped(p.skipped).c_str());
  }
  std::fprintf(stderr, "\n%-6s %14s %14s %14s\n", "CPU", "sent", "delivered", "lost");
  for (const Books& b : r.books)
    if (b.produced)
      std::fprintf(stderr, "%-6u %14s %14s %14s\n", b.cpu, grouped(b.produced).c_str(), grouped(b.delivered).c_str(),
                   grouped(b.lost).c_str());
}

int print_verdict(LiveCheck& judge, const std::string& output) {
  const Report report = judge.finish();
  // the records behind the findings are looked up in the trace that was just written
  auto reader = trace::Reader::open(output);
  if (!reader) return record_cannot(reader.error().message);
  const EvidenceIndex index(*reader, report);
  const std::string text = to_text(report, {colored(), nullptr, false, 3},
                                   [&index](const EventRef& r) { return index.find(r); });
  std::fputs(text.c_str(), stdout);
  if (judge.overflowed()) {
    std::fprintf(stderr,
                 "more waited to be judged than fits into memory: what came later was recorded and not judged\n");
    std::fprintf(stderr, "next: mirrorscope check %s\n", shown(output).c_str());
    return exit_inconclusive;
  }
  const int code = conclude(report, {}).exit_code;
  std::fprintf(stderr, "next: mirrorscope check --explain %s\n", shown(output).c_str());
  return code;
}

int run(RecordArguments& a) {
  RecordOptions& o = a.record;
  if (!a.duration.empty()) {
    auto duration = duration_of(a.duration);
    if (!duration) return record_cannot(duration.error().message);
    o.duration = *duration;
  }
  for (auto [text, bytes] : {std::pair{&a.ring_size, &o.ring_bytes}, {&a.max_size, &o.segment_bytes}}) {
    if (text->empty()) continue;
    auto parsed = bytes_of(*text);
    if (!parsed) return record_cannot(parsed.error().message);
    *bytes = *parsed;
  }
  if (o.keep_segments && !o.segment_bytes)
    return record_cannot("--max-files needs --max-size: it says how many files of that size stay");
  auto without = events_left_out(a.probes);
  if (!without) return record_cannot(without.error().message);
  o.without_events = *without;
  if (o.output.empty()) o.output = default_output();
  o.stacks = !a.no_stacks;
  if (!o.ucache_files.empty()) o.ucache = true;
  o.run_counts = a.stats;
  o.recorder = "mirrorscope " MIRRORSCOPE_VERSION;

  std::signal(SIGPIPE, SIG_IGN);  // a closed stderr is no reason to lose a recording
  std::signal(SIGXFSZ, SIG_IGN);  // nor is `ulimit -f`: write() says it, and what is lost is counted
  const bool terminal = isatty(STDERR_FILENO);
  Talk talk(!a.quiet && (terminal || a.progress), terminal);
  LiveCheck judge;
  auto recorded = record(o, talk, a.check ? judge.tap() : RecordTap{});
  talk.clear();
  if (!recorded) return record_cannot(recorded.error().message);
  print_summary(*recorded, o.output.string());
  if (a.stats) print_stats(*recorded);
  if (!recorded->balanced())
    return record_cannot(
        "the books do not balance: records are missing that are not accounted for, see --stats; this is a bug of "
        "mirrorscope");
  if (a.check) return unless_unwritten(print_verdict(judge, o.output.string()), *recorded, o.output.string());
  const int code = unless_unwritten(a.pass_exit_code && recorded->command_code ? *recorded->command_code : exit_ok, *recorded, o.output.string());
  std::fprintf(stderr, "next: mirrorscope check %s\n", o.output.c_str());
  return code;
}

}  // namespace

void add_record(CLI::App& app, int& exit_code) {
  auto a = std::make_shared<RecordArguments>();
  auto* sub = app.add_subcommand("record", "Record a live kernel, or a command on it, into a trace");
  RecordOptions& o = a->record;
  sub->add_option("-o,--output", o.output, "the trace directory to make (default ./mirrorscope-<date>)")
      ->type_name("DIR");
  sub->add_option("--owner", o.owner, "whose the trace is: made with this user's rights (default: who typed sudo)")->type_name("USER");
  sub->add_option("-d,--duration", a->duration, "stop after this time: 10, 500ms, 2m, 1h")->type_name("TIME");
  add_command(*sub, o.scope, "record");
  add_filters(*sub, o.scope);
  sub->add_option("--probes", a->probes, "only events of this glob; !GLOB: all but these; may be repeated")
      ->type_name("GLOB")
      ->allow_extra_args(false)
      ->group("Filters");

  sub->add_option("--ring-size", a->ring_size,
                  "buffer between kernel and recorder, per CPU (default 8M, less with many CPUs)")
      ->type_name("SIZE")
      ->group("Limits");
  sub->add_option("--max-size", a->max_size, "begin a new file set when this one is larger")
      ->type_name("SIZE")
      ->group("Limits");
  sub->add_option("--max-files", o.keep_segments, "keep only the newest so many file sets")
      ->type_name("N")
      ->group("Limits");

  sub->add_flag("--raw-addresses", o.raw_addresses, "write kernel addresses as they are instead of hashed")
      ->group("Content");
  sub->add_flag("--no-stacks", a->no_stacks, "do not take the caller's stack at each invalidation")->group("Content");
  sub->add_flag("--ucache", o.ucache,
                "also watch registration caches of user space by uprobes: UCX's, libfabric's, and those that announce themselves; "
                "each get of the cache costs the process one or two uprobes more, each put one")
      ->group("Content");
  sub->add_option("--ucache-in", o.ucache_files, "look for caches in this program or library too; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->group("Content");
  sub->add_option("--hook", o.hooks.files,
                  "record what this hook says of a driver of yours: BPF C that begins with #include \"bpf/hook.bpf.h\"; may be repeated")
      ->type_name("FILE.bpf.c")
      ->allow_extra_args(false)
      ->group("Your own driver");
  sub->add_option("--hook-compiler", o.hooks.compiler,
                  "clang: fields by the module's BTF; bcc: fields by the kernel's and the driver's headers; auto (default): bcc if a function of "
                  "the hook is in a module without BTF")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, HookCompiler>{{"auto", HookCompiler::automatic}, {"clang", HookCompiler::clang}, {"bcc", HookCompiler::bcc}}))
      ->type_name("NAME")
      ->default_str("auto")
      ->group("Your own driver");
  sub->add_option("--hook-flag", o.hooks.flags, "an option for that compiler, such as -Iinclude; may be repeated")
      ->type_name("FLAG")
      ->allow_extra_args(false)
      ->group("Your own driver");
  sub->add_flag("--kprobes", o.scope.kprobes_only, "use kprobes even where the kernel has BPF trampolines")->group("Content");

  sub->add_flag("--check", a->check, "judge while recording; the exit codes are then those of check")->group("Output");
  add_color_option(*sub)->group("Output");
  sub->add_flag("--progress", a->progress, "say how it goes, also when stderr is no terminal")->group("Output");
  sub->add_flag("-q,--quiet", a->quiet, "only the summary")->group("Output");
  sub->add_flag("--stats", a->stats, "count how often each probe ran, and print it at the end")->group("Output");
  sub->add_flag("--exit-code-from-command", a->pass_exit_code, "exit with the command's exit code")->group("Output");
  sub->footer(
      "With a COMMAND only it and its children are recorded, from its first instruction on. Without one, everything is "
      "recorded until\n"
      "Ctrl-C. Needs root, or the capabilities that 'mirrorscope doctor' lists.\n"
      "\n"
      "Examples:\n"
      "  sudo mirrorscope record -o run -- ibv_rc_pingpong -d rxe0 -g 1 -o\n"
      "  sudo mirrorscope record --duration 10 --check                  judge at once\n"
      "  sudo mirrorscope record --pid 4711 --probes '!pin*' --ring-size 32M\n"
      "  sudo mirrorscope record --hook my_driver.bpf.c -- ./my_test\n"
      "  sudo mirrorscope record --max-size 1G --max-files 4         the last 4 GB, for as long as it takes\n"
      "\n"
      "Exit codes: 0 recorded, 2 cannot record, 3 recorded, but not all of it could be written; with --check also 1 violated, 3 inconclusive.");
  sub->callback([a, &exit_code] { exit_code = run(*a); });
}

}  // namespace mirrorscope::cli

#else

namespace mirrorscope::cli {

void add_record(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("record", "Record a live kernel (not in this build)");
  sub->allow_extras();
  sub->callback([&exit_code] {
    std::fputs("mirrorscope record: this build cannot record, it was made with MIRRORSCOPE_LIVE=OFF.\n", stderr);
    exit_code = exit_unusable;
  });
}

}  // namespace mirrorscope::cli

#endif
