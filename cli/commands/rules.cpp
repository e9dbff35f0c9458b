// SPDX-License-Identifier: Apache-2.0
// mirrorscope rules: which rules there are, what each says, where the kernel says so.
#include <fmt/format.h>

#include <cstdio>

#include "analyzer/rule.h"
#include "cli/output/refusal.h"
#include "cli/subcommand.h"
#include "report/render/json.h"
#include "schema/catalog.h"

namespace mirrorscope::cli {

namespace {
std::string needs_text(const RuleDef& rule) {
  std::string text;
  for (const EventInfo& e : catalog::events)
    if (rule.needs.test(e.id)) text.append(text.empty() ? "" : " ").append(e.name);
  return text;
}

void list_rules() {
  for (const RuleDef* rule : all_rules())
    std::fputs(fmt::format("{:7} {:6} {:12} {}\n", rule->info.id, to_string(rule->info.level), to_string(rule->info.party), rule->info.says)
                   .c_str(),
               stdout);
}

int show(const std::string& id) {
  const RuleDef* rule = rule_named(id);
  if (!rule) return refuse("rules", no_such_rule(id));
  const RuleInfo& i = rule->info;
  std::fputs(fmt::format("{} {}\n\n  rule:        {}\n  level:       {}\n  contract of: {}\n  source:      {}\n  not claimed: {}\n"
                         "  look at:     {}\n  needs:       {}\n",
                         i.id, i.name, i.says, to_string(i.level), to_string(i.party), i.because, i.not_claimed, i.look_at,
                         needs_text(*rule))
                 .c_str(),
             stdout);
  return exit_ok;
}

void rules_as_markdown() {
  std::fputs("# Rules\n\nMade by `mirrorscope rules --markdown`; a test compares. How a rule is justified: [rule.md](rule.md).\n\n"
             "| rule | says | level | contract of | source | not claimed | needs |\n|---|---|---|---|---|---|---|\n", stdout);
  for (const RuleDef* rule : all_rules()) {
    const RuleInfo& i = rule->info;
    std::fputs(fmt::format("| **{}** {} | {} | {} | {} | {} | {} | {} |\n", i.id, i.name, i.says, to_string(i.level),
                           to_string(i.party), i.because, i.not_claimed, needs_text(*rule)).c_str(), stdout);
  }
}
}  // namespace

void add_rules(CLI::App& app, int& exit_code) {
  struct Options {
    std::string show;
    bool json = false;
    bool markdown = false;
  };
  auto* sub = app.add_subcommand("rules", "list the rules, or show one with its source in the kernel");
  auto o = std::make_shared<Options>();
  sub->add_option("ID", o->show, "a rule, to show what `rules show` does");
  auto* show_sub = sub->add_subcommand("show", "everything about one rule");
  show_sub->add_option("ID", o->show, "id or name, e.g. SEQ-01")->required();
  sub->add_flag("--json", o->json, "the whole catalog as JSON");
  sub->add_flag("--markdown", o->markdown, "the whole catalog as a table, as in docs/rules.md");
  sub->footer(
      "Levels: hard, wrong in every circumstance; hazard, wrong in circumstances that a trace does not show; smell, right but slow.\n"
      "\n"
      "Examples:\n"
      "  mirrorscope rules\n"
      "  mirrorscope rules show SEQ-01");
  sub->callback([o, &exit_code] {
    if (!o->show.empty())
      exit_code = show(o->show);
    else if (o->json)
      std::fputs(rules_to_json().c_str(), stdout);
    else if (o->markdown)
      rules_as_markdown();
    else
      list_rules();
  });
}

}  // namespace mirrorscope::cli
