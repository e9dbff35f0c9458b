// SPDX-License-Identifier: Apache-2.0
// What is made of results once they are read: problems, verdicts, reports, exit code.
#include "cli/output/merged.h"

#include "cli/output/refusal.h"
#include "cli/output/verdict.h"
#include "cli/subcommand.h"
#include "report/result/merged_document.h"

namespace mirrorscope::cli {

int conclude_merged(const std::string& command, ReadResults read, const Conclusions& conclude_by, const Concluding& o) {
  Baseline baseline = conclude_by.baseline;
  auto whole = merged_document(std::move(read.merged), MIRRORSCOPE_VERSION, baseline, conclude_by.insist);
  Document& d = whole->document;
  if (!o.write_baseline.empty()) {
    if (auto done = write_file(o.write_baseline, baseline_text(d.findings)); !done)
      return refuse(command, done.error().message);
    for (const Finding& f : d.findings) baseline.keys.insert(f.key);
    whole = merged_document(std::move(whole->merged), MIRRORSCOPE_VERSION, baseline, conclude_by.insist);
  }
  Document& said = whole->document;
  said.has_baseline = !o.baseline.empty() || !o.write_baseline.empty();
  for (const Problem& p : whole->summary.problems) remark(command, p.says);
  const Conclusion conclusion = conclude(said.outcomes);
  for (const std::string& sentence : conclusion.because) remark(command, sentence);
  int code = worse(conclusion.exit_code, whole->summary.problems.empty() ? exit_ok : exit_inconclusive);
  if (!read.any) code = refuse(command, "cannot merge: no result could be read");
  if (auto done = write_outputs(conclude_by.outputs, {&said, 1}, {.all_rules = o.all, .findings_per_rule = o.findings});
      !done)
    return refuse(command, done.error().message);
  return code;
}

}  // namespace mirrorscope::cli
