// SPDX-License-Identifier: Apache-2.0
// How the traces of a task are gone through.
#include "fleet/task.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "fleet/child.h"
#include "fleet/results.h"
#include "schema/shown.h"
#include "verify/judged.h"

namespace mirrorscope::fleet {

namespace {
std::string host() {
  char name[256] = "";
  gethostname(name, sizeof(name) - 1);
  return name;
}

// What the process of one check does: the result is what `check --format json` writes, also of a trace that cannot be
// judged.
int check_one(const PlannedTrace& t, const Results& results, const ReplayOptions& options) {
  const auto judged = judge(t.trace.path, options);
  std::string json;
  if (judged) {
    measure(**judged);
    json = format_named("json")->render({&(*judged)->document, 1}, {});
  } else {
    std::fprintf(stderr, "%s\n", shown_sentence(judged.error().message).c_str());
    const Unjudged why{shown(t.trace.path), shown_sentence(judged.error().message), MIRRORSCOPE_VERSION};
    json = format_named("json")->render({}, Look{.unjudged = {&why, 1}});
  }
  const auto kept = results.keep(t.key, json);
  if (!kept) std::fprintf(stderr, "%s\n", kept.error().message.c_str());
  return judged && kept ? 0 : 2;
}

// Why the trace shall not be checked as it is.
Result<void> as_planned(const PlannedTrace& t) {
  const auto now = look_at_trace(t.trace.path);
  if (!now) return now.error();
  if (now->stamp != t.trace.stamp)
    return fail(0, "it is another one than was planned: some file of it changed; plan again");
  return {};
}

// Returns whether there is a result now.
Result<bool> check(const PlannedTrace& t, const Results& results, const ReplayOptions& options, uint64_t memory,
                   const std::string& by) {
  const auto note = [&](const Unfinished& why) { return results.keep(t.key, why); };
  if (auto same = as_planned(t); !same) {
    if (auto noted = note({0, same.error().message}); !noted) return noted.error();
    return false;
  }
  // Who is ended with its check, by the loss of a node or by the scheduler, notes nothing any more.
  if (auto noted = note({0, "begun by " + by + ", and nobody saw it end"}); !noted) return noted.error();
  const auto ended = in_child([&] { return check_one(t, results, options); }, memory);
  if (!ended) return ended.error();
  if (ended->exit_code == 0) return true;
  if (auto noted = note({ended->exit_code, ended->says}); !noted) return noted.error();
  return false;
}
}  // namespace

TaskOutcome& TaskOutcome::operator+=(const TaskOutcome& more) {
  checked += more.checked;
  there += more.there;
  open += more.open;
  return *this;
}

Result<TaskOutcome> run_task(const Plan& plan, uint32_t task, unsigned jobs) {
  if (task >= plan.tasks.size()) return fail(0, "there is no task ", task, ": the plan has ", plan.tasks.size());
  ReplayOptions options;
  options.jobs = jobs;
  if (!plan.rules.empty()) {
    auto rules = select_rules(plan.rules);
    if (!rules) return rules.error();
    options.rules = std::move(*rules);
  }
  const Results results(plan.output);
  const std::string by = fmt::format("task {} on {}", task, host());

  std::vector<uint32_t> order = plan.tasks[task];
  std::stable_partition(order.begin(), order.end(),
                        [&](uint32_t i) { return !results.unfinished(plan.traces[i].key); });
  TaskOutcome outcome;
  for (const uint32_t i : order) {
    const PlannedTrace& t = plan.traces[i];
    if (results.has(t.key)) {
      ++outcome.there;
      continue;
    }
    const auto done = check(t, results, options, plan.memory, by);
    if (!done) return done.error();
    ++(*done ? outcome.checked : outcome.open);
  }
  return outcome;
}

}  // namespace mirrorscope::fleet
