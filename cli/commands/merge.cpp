// SPDX-License-Identifier: Apache-2.0
// mirrorscope merge: the results of many checks, as one.
#include <memory>

#include "cli/options/concluding.h"
#include "cli/options/results.h"
#include "cli/output/merged.h"
#include "cli/output/refusal.h"
#include "cli/subcommand.h"

namespace mirrorscope::cli {

namespace {
struct MergeOptions {
  std::vector<std::string> results;
  std::string expect;
  Concluding concluding;
};


int merge(const MergeOptions& o) {
  const auto conclude_by = conclusions(o.concluding, {});
  if (!conclude_by) return refuse("merge", conclude_by.error().message);
  std::vector<std::string> written;
  for (const Output& output : conclude_by->outputs) written.push_back(output.file);
  auto read = read_results(o.results, written);
  if (!read) return refuse("merge", read.error().message);
  if (!o.expect.empty())
    if (auto done = read_expected(read->merged, o.expect); !done) return refuse("merge", done.error().message);
  return conclude_merged("merge", std::move(*read), *conclude_by, o.concluding);
}
}  // namespace

void add_merge(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("merge", "put the results of many checks together: one verdict per rule, hosts worst first, and what is missing");
  auto o = std::make_shared<MergeOptions>();
  sub->add_option("RESULT", o->results, "files of `check --format json` or `merge --format json`; of a directory all *.json below it")->required();
  sub->add_option("--expect", o->expect, "FILE names the parts that have to be there, one per line: see below")->option_text("FILE");
  add_concluding_options(*sub, o->concluding);
  sub->footer(
      formats_help() +
      "\n"
      "A rule is violated if it is in one trace, inconclusive if it is in one and violated in none. What is merged may be merged again, in any\n"
      "order and grouping, and the JSON is the same byte for byte. A line of --expect is NAME or NAME<TAB>EXIT: a trace as check was given it, its\n"
      "uuid, its host or a result file, and the exit status of its check. Whatever is missing, there twice, cut, of another version, or of a check that died is said by\n"
      "name, and no rule is better than inconclusive.\n"
      "\n"
      "Exit codes: 0 nothing violated, 1 violated, 2 usage or no result could be read, 3 inconclusive.\n"
      "\n"
      "Examples:\n"
      "  mirrorscope check --format json -o node1.json node1    on each host, or of each trace\n"
      "  mirrorscope merge node1.json node2.json                one verdict per rule, and a table of the hosts\n"
      "  mirrorscope merge --format json=all.json results/      what can be merged again\n"
      "  mirrorscope merge --expect nodes.txt --format text --format junit=all.xml results/\n"
      "  mirrorscope report -o all.html all.json                the same as a page");
  sub->callback([o, &exit_code] { exit_code = merge(*o); });
}

}  // namespace mirrorscope::cli
