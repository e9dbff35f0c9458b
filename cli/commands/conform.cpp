// SPDX-License-Identifier: Apache-2.0
// mirrorscope conform: is a recorded trace a behaviour that the model allows, step by step?
#include <cstdio>
#include <memory>

#include "cli/output/refusal.h"
#include "cli/subcommand.h"
#include "verify/conformed.h"

namespace mirrorscope::cli {

namespace {
struct ConformOptions {
  std::string trace, profile, format = "text";
  unsigned most = 10;
};

int run(const ConformOptions& o) {
  const model::Profile* profile = nullptr;
  if (!o.profile.empty() && !(profile = model::profile_named(o.profile)))
    return refuse("conform", "there is no profile '" + o.profile + "'; `mirrorscope explore --list` names them");
  auto along = conformed(o.trace, profile);
  if (!along) return refuse("conform", along.error().message);
  std::fputs((o.format == "json" ? to_json(*along) : to_text(*along, o.most)).c_str(), stdout);
  switch (along->report.verdict) {
    case Conforms::conformant: return exit_ok;
    case Conforms::diverges: return exit_violated;
    case Conforms::inconclusive: return exit_inconclusive;
  }
  return exit_unusable;
}
}  // namespace

void add_conform(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("conform", "replay a trace as a run of the model: is each record one that the model allows there?");
  auto o = std::make_shared<ConformOptions>();
  sub->add_option("TRACE", o->trace, "a directory written by `mirrorscope record`, or by `explore --write-trace`")->required();
  std::vector<std::string> names;
  for (const model::Profile& p : model::all_profiles()) names.emplace_back(p.name);
  sub->add_option("--profile", o->profile, "every mirroring object is one of this profile (default: what its dev_ctx looks like)")
      ->check(CLI::IsMember(names))
      ->option_text("NAME");
  sub->add_option("--most", o->most, "how many divergences, address spaces and objects are printed (default 10)")->option_text("N");
  sub->add_option("--format", o->format, "text or json")->check(CLI::IsMember({"text", "json"}))->option_text("FORMAT");
  sub->footer(
      "Two halves. The kernel's: invalidate_seq and active_invalidate_ranges, the sequence of each notifier, which are in the tree and which are\n"
      "deferred, as mm/mmu_notifier.c and the explorer have them. What happens under a spinlock has no record of its own, so every state is kept\n"
      "that the records so far allow; a record that none of them allows is a divergence. The driver's: what each task does for a mirroring\n"
      "object is a path through the programs of its profile (`mirrorscope explore --list`).\n"
      "\n"
      "A divergence says that the model is not what ran, or that the recording is wrong; it is no finding about a driver. What a loss of records\n"
      "may explain, or the clocks of two CPUs, is doubtful. Behind losses and divergences the state is learnt anew.\n"
      "\n"
      "Exit codes: 0 conformant, 1 it diverges, 2 usage or unreadable trace, 3 inconclusive: only doubts, or nothing to replay.\n"
      "\n"
      "Examples:\n"
      "  mirrorscope conform run\n"
      "  mirrorscope explore hmm_mirror --mutant skip_read_retry --write-trace wrong; mirrorscope conform --profile hmm_mirror wrong\n"
      "  mirrorscope conform --format json run | jq '.divergences[0]'");
  sub->callback([o, &exit_code] { exit_code = run(*o); });
}

}  // namespace mirrorscope::cli
