// SPDX-License-Identifier: Apache-2.0
// mirrorscope fleet: were the rules kept in all traces of an archive? Planned once, run by this machine, by Slurm or by
// Kubernetes.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include "cli/options/concluding.h"
#include "cli/options/judging.h"
#include "cli/options/results.h"
#include "cli/output/merged.h"
#include "cli/output/output.h"
#include "cli/output/refusal.h"
#include "cli/output/verdict.h"
#include "cli/subcommand.h"
#include "fleet/gather.h"
#include "fleet/kubernetes.h"
#include "fleet/local.h"
#include "fleet/planning.h"
#include "fleet/slurm.h"
#include "fleet/task.h"
#include "schema/shown.h"

namespace mirrorscope::cli {

namespace {
using fleet::Plan;

// About ten seconds of checking: what starting a task of a cluster costs is little beside it. Here a task costs
// nothing.
constexpr uint64_t kClusterChunk = uint64_t{8} << 30;
constexpr uint64_t kLocalChunk = uint64_t{64} << 20;
constexpr uint32_t kMostTasks = 1000;

struct FleetOptions {
  std::vector<std::string> archives, rules, sbatch, sbatch_merge, volumes;
  std::string results = "mirrorscope-fleet", image;
  std::string plan;
  Concluding concluding;
  std::vector<const RuleDef*> judged;  // empty: all
  bool local = false, slurm = false, kubernetes = false;
  uint64_t chunk = 0, memory = 0;
  uint32_t tasks = 0;
  unsigned jobs = 0;
  int64_t task = -1;
};

int fleet_cannot(const std::string& command, const Error& error) { return refuse("fleet " + command, error.message); }

Result<fleet::Planned> make_plan(const FleetOptions& o) {
  fleet::Wanted wanted{o.archives,
                       o.results,
                       {},
                       o.memory,
                       {o.chunk   ? o.chunk
                        : o.local ? kLocalChunk
                                  : kClusterChunk,
                        kMostTasks}};
  if (o.slurm) {
    const auto site = fleet::slurm_array_limit();
    if (!site) return site.error();
    wanted.sizes.most = *site;
  }
  if (o.tasks) wanted.sizes.most = std::min(o.tasks, wanted.sizes.most);
  for (const RuleDef* rule : o.judged) wanted.rules.emplace_back(rule->info.id);
  return fleet::plan_archives(wanted);
}

std::string in_words(const fleet::Planned& p) {
  return fmt::format("{} traces, {} to check ({}) in {} tasks", p.plan.traces.size(), p.open(),
                     in_bytes(p.open_bytes()), p.plan.tasks.size());
}

int run_one(const Plan& plan, uint32_t task, unsigned jobs, bool say) {
  const auto outcome = fleet::run_task(plan, task, jobs);
  if (!outcome) return fleet_cannot("task", outcome.error());
  if (say)
    std::printf("task %u: %u checked, %u had a result, %u have none\n", task, outcome->checked, outcome->there,
                outcome->open);
  return outcome->open ? exit_inconclusive : exit_ok;
}

// What there is of a plan, as one result.
int merge(const std::string& command, const Plan& plan, const Conclusions& conclude_by, const Concluding& o) {
  const fleet::Gathered gathered = fleet::gather(plan);
  std::vector<std::string> files;
  for (const auto& file : gathered.files) files.push_back(file.string());
  auto read = read_results(files, {});
  if (!read) return fleet_cannot(command, read.error());
  for (const fleet::PlannedTrace& t : plan.traces) read->merged.add(Expected{shown(t.trace.path), {}});
  for (const auto& [path, why] : gathered.open) {
    remark("fleet " + command, path + ": " + why.says);
    if (why.exit_code) read->merged.add(Expected{shown(path), why.exit_code});
  }
  return conclude_merged("fleet " + command, std::move(*read), conclude_by, o);
}

int on_this_machine(const fleet::Planned& p, const FleetOptions& o, const Conclusions& conclude_by) {
  const unsigned at_once = o.jobs ? o.jobs : std::max(1u, std::thread::hardware_concurrency());
  const bool shown = isatty(STDERR_FILENO) != 0;
  size_t ended = 0;
  int worst = exit_ok;
  const auto done = fleet::run_all(
      static_cast<uint32_t>(p.plan.tasks.size()), at_once,
      [&](uint32_t task) { return run_one(p.plan, task, 1, false); },
      [&](uint32_t task, int code) {
        if (shown) std::fprintf(stderr, "\r%zu of %zu tasks \033[K", ++ended, p.plan.tasks.size());
        if (code == exit_ok || code == exit_inconclusive) return;
        worst = exit_unusable;
        if (code >= 128) remark("fleet check", fmt::format("task {} was ended by signal {}", task, code - 128));
      });
  if (ended) std::fprintf(stderr, "\r\033[K");
  if (!done) return fleet_cannot("check", done.error());
  return worse(worst, merge("check", p.plan, conclude_by, o.concluding));
}

// What the job that merges is told beside the plan. It runs in this directory, as sbatch has it.
std::vector<std::string> for_merge(const FleetOptions& o, const std::string& results) {
  const Concluding& c = o.concluding;
  std::vector<std::string> words{"--strict", c.strict, "--findings", std::to_string(c.findings)};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {name, value});
  };
  add("--require", fmt::format("{}", fmt::join(c.require, ",")));
  add("--baseline", c.baseline);
  add("--write-baseline", c.write_baseline);
  add("--output", c.output);
  for (const std::string& format : c.formats) add("--format", format);
  if (c.all) words.emplace_back("--all");
  if (!c.formats.empty() || !c.output.empty()) return words;
  add("--format", "text=" + results + "/report.txt");
  add("--format", "json=" + results + "/merged.json");
  return words;
}

int by_slurm(const fleet::Planned& p, const FleetOptions& o) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fleet_cannot("check", fail(error.value(), "cannot tell where this program lies"));
  const auto jobs = fleet::submit(p.plan, p.file, program, {o.sbatch, o.sbatch_merge}, for_merge(o, p.plan.output));
  if (!jobs) return fleet_cannot("check", jobs.error());
  if (!jobs->array.empty()) std::printf("array job %s: %zu tasks\n", jobs->array.c_str(), p.plan.tasks.size());
  std::printf("job %s merges when they have ended; what it says is in %s\n", jobs->merge.c_str(),
              p.plan.output.c_str());
  return exit_ok;
}

int as_manifest(const fleet::Planned& p, const FleetOptions& o) {
  fleet::Pods pods{o.image, {}, o.jobs};
  for (const std::string& text : o.volumes) {
    auto volume = fleet::parse_volume(text);
    if (!volume) return fleet_cannot("check", volume.error());
    pods.volumes.push_back(std::move(*volume));
  }
  const auto text = fleet::manifest(p.plan, p.file, pods);
  if (!text) return fleet_cannot("check", text.error());
  std::fputs(text->c_str(), stdout);
  return exit_ok;
}

int check(FleetOptions o) {
  if (!o.slurm && !o.kubernetes) o.local = true;
  if (!o.rules.empty()) {
    auto rules = select_rules(o.rules);
    if (!rules) return fleet_cannot("check", rules.error());
    o.judged = std::move(*rules);
  }
  // what is wrong about it is said before anything is run
  const auto conclude_by = conclusions(o.concluding, o.judged);
  if (!conclude_by) return fleet_cannot("check", conclude_by.error());
  const auto planned = make_plan(o);
  if (!planned) return fleet_cannot("check", planned.error());
  remark("fleet check", in_words(*planned));
  if (o.slurm) return by_slurm(*planned, o);
  if (o.kubernetes) return as_manifest(*planned, o);
  return on_this_machine(*planned, o, *conclude_by);
}

// Which one, if the command line does not say so.
Result<uint32_t> number_from_scheduler() {
  for (const char* name : {"SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"}) {
    const char* value = std::getenv(name);
    if (!value) continue;
    uint32_t number = 0;
    if (std::sscanf(value, "%u", &number) == 1) return number;
    return fail(0, "cannot tell which task to run: ", name, " is '", value, "'");
  }
  return fail(0,
              "cannot tell which task to run: there is no N, and no scheduler has set SLURM_ARRAY_TASK_ID or "
              "JOB_COMPLETION_INDEX");
}

int task(const FleetOptions& o) {
  const auto plan = fleet::read_plan(o.plan);
  if (!plan) return fleet_cannot("task", plan.error());
  const auto number = o.task >= 0 ? Result<uint32_t>(static_cast<uint32_t>(o.task)) : number_from_scheduler();
  if (!number) return fleet_cannot("task", number.error());
  const char* cpus = std::getenv("SLURM_CPUS_PER_TASK");
  const unsigned jobs = o.jobs ? o.jobs : cpus ? static_cast<unsigned>(std::strtoul(cpus, nullptr, 10)) : 1;
  return run_one(*plan, *number, std::clamp(jobs, 1u, 256u), true);
}

int merge_plan(const FleetOptions& o) {
  const auto plan = fleet::read_plan(o.plan);
  if (!plan) return fleet_cannot("merge", plan.error());
  const auto conclude_by = conclusions(o.concluding, {});
  if (!conclude_by) return fleet_cannot("merge", conclude_by.error());
  return merge("merge", *plan, *conclude_by, o.concluding);
}
}  // namespace

void add_fleet(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("fleet", "check all traces of an archive, on this machine's cores or on a cluster");
  auto o = std::make_shared<FleetOptions>();
  sub->require_subcommand(1);

  auto* check_sub = sub->add_subcommand("check", "plan, run, merge: what has a result already is not checked again");
  check_sub->add_option("ARCHIVE", o->archives, "directories with traces in them, at any depth")->required();
  check_sub->add_option("--results", o->results, "directory of plans and results (default mirrorscope-fleet)")
      ->option_text("DIR");
  auto* local = check_sub->add_flag("--local", o->local, "on the cores of this machine (default)");
  auto* slurm =
      check_sub->add_flag("--slurm", o->slurm, "submit one array job, and a job that merges when it has ended");
  auto* kubernetes = check_sub->add_flag("--kubernetes", o->kubernetes, "print the manifest of an Indexed Job");
  local->excludes(slurm)->excludes(kubernetes);
  slurm->excludes(kubernetes);
  check_sub
      ->add_option("--rules", o->rules, "only rules whose id or name matches, e.g. 'ORD-*,SEQ-01'; '!LIF-*' leaves out")
      ->delimiter(',')
      ->check(suggest_rules())
      ->option_text("GLOB,...");
  check_sub->add_option("--chunk", o->chunk, "so many bytes of traces are worth a task (default 8G, with --local 64M)")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::PositiveNumber)
      ->option_text("SIZE");
  check_sub->add_option("--tasks", o->tasks, "no more tasks than this (default: what the site allows, else 1000)")
      ->check(CLI::Range(1u, 1000000u))
      ->option_text("N");
  check_sub->add_option("--memory", o->memory, "address space that the check of one trace may use (default: no limit)")
      ->transform(CLI::AsSizeValue(false))
      ->option_text("SIZE");
  check_sub
      ->add_option("-j,--jobs", o->jobs,
                   "tasks at once, with --local (default: all CPUs) and --kubernetes (default: all tasks)")
      ->check(CLI::Range(1u, 65536u))
      ->option_text("N");
  check_sub->add_option("--sbatch", o->sbatch, "an option for sbatch, e.g. --sbatch=--partition=night; may be repeated")
      ->needs(slurm)
      ->allow_extra_args(false)
      ->option_text("OPTION");
  check_sub
      ->add_option("--sbatch-merge", o->sbatch_merge,
                   "one for the job that merges alone, e.g. --sbatch-merge=--mem=2G; may be repeated")
      ->needs(slurm)
      ->allow_extra_args(false)
      ->option_text("OPTION");
  auto* image = check_sub->add_option("--image", o->image, "container image with mirrorscope")
                    ->needs(kubernetes)
                    ->option_text("IMAGE");
  kubernetes->needs(image);
  check_sub
      ->add_option("--volume", o->volumes,
                   "claim whose volume has the archive or the results, and where; may be repeated")
      ->needs(kubernetes)
      ->allow_extra_args(false)
      ->option_text("CLAIM=/PATH");
  add_concluding_options(*check_sub, o->concluding);
  check_sub->footer(formats_help() +
                    "\n"
                    "A trace is a directory that `mirrorscope record` wrote. Its result is kept under DIR, named after "
                    "the trace (path, sizes and times of its\n"
                    "files), the rules and the version of mirrorscope: a second run checks what has none, whatever "
                    "became of the first. The check of a trace is a\n"
                    "process of its own: if it dies, the others go on, and the merged result names it.\n"
                    "\n"
                    "Exit codes: 0 nothing violated, submitted, printed; 1 violated; 2 cannot do that; 3 inconclusive, "
                    "or a trace has no result.\n"
                    "\n"
                    "Examples:\n"
                    "  mirrorscope fleet check /archive                                 on all cores of this machine\n"
                    "  mirrorscope fleet check /archive --slurm --sbatch=--partition=night --format text=report.txt "
                    "--format junit=report.xml\n"
                    "  mirrorscope fleet check /archive --kubernetes --image IMAGE --volume traces=/archive --volume "
                    "work=/work --results /work | kubectl apply -f -");
  check_sub->callback([o, &exit_code] { exit_code = check(*o); });

  auto* task_sub = sub->add_subcommand("task", "run one task of a plan; the jobs that `fleet check` submits do");
  task_sub->add_option("PLAN", o->plan, "a file in plans/ of the directory of results")->required();
  task_sub->add_option("N", o->task, "which task, from 0 (default: $SLURM_ARRAY_TASK_ID, $JOB_COMPLETION_INDEX)")
      ->check(CLI::NonNegativeNumber);
  task_sub->add_option("-j,--jobs", o->jobs, "threads for each check (default: $SLURM_CPUS_PER_TASK, else 1)")
      ->check(CLI::Range(1u, 256u))
      ->option_text("N");
  task_sub->footer(
      "Exit codes: 0 every trace of it has a result, 2 cannot run, 3 some have none: `fleet merge` says which and "
      "why.");
  task_sub->callback([o, &exit_code] { exit_code = task(*o); });

  auto* merge_sub = sub->add_subcommand(
      "merge", "put together what there is of a plan: one verdict per rule, hosts worst first, and what is missing");
  merge_sub->add_option("PLAN", o->plan, "a file in plans/ of the directory of results")->required();
  add_concluding_options(*merge_sub, o->concluding);
  merge_sub->footer(formats_help() +
                    "\nExit codes: 0 nothing violated, 1 violated, 2 no result could be read, 3 inconclusive, or a "
                    "trace has no result.");
  merge_sub->callback([o, &exit_code] { exit_code = merge_plan(*o); });
}

}  // namespace mirrorscope::cli
