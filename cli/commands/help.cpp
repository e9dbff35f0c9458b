// SPDX-License-Identifier: Apache-2.0
// mirrorscope help: what `mirrorscope COMMAND --help` says.
#include <cstdio>

#include "cli/help/manual.h"
#include "cli/output/refusal.h"
#include "cli/subcommand.h"
#include "schema/meant.h"

namespace mirrorscope::cli {

namespace {
// The command of these words, "rules show".
int help(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* of = &app;
  std::string name = app.get_name();
  for (const std::string& word : words) {
    std::vector<std::string> names;
    const CLI::App* next = nullptr;
    for (const CLI::App* sub : shown_subcommands(*of)) {
      names.push_back(sub->get_name());
      if (sub->get_name() == word) next = sub;
    }
    if (!next) return refuse("help", no_such("command", word, names, "`mirrorscope --help` lists them"));
    of = next;
    name += " " + word;
  }
  // of->help() would tell of the command that is running, which is this one
  std::fputs(of->get_formatter()->make_help(of, name, CLI::AppFormatMode::Normal).c_str(), stdout);
  return exit_ok;
}
}  // namespace

void add_help(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("help", "what a command is for, and its options: the same as COMMAND --help");
  auto words = std::make_shared<std::vector<std::string>>();
  sub->add_option("COMMAND", *words, "e.g. check, or: rules show");
  sub->footer("Examples:\n  mirrorscope help check");
  sub->callback([&app, words, &exit_code] { exit_code = help(app, *words); });
}

}  // namespace mirrorscope::cli
