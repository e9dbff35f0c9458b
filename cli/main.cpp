// SPDX-License-Identifier: Apache-2.0
// Which subcommands there are: every file in cli/commands is one.
#include "cli/complaint.h"
#include "cli/subcommand.h"

int main(int argc, char** argv) {
  using namespace mirrorscope::cli;
  CLI::App app(
      "Watches how devices mirror the page tables of processes (MMU notifiers, HMM, migration, pins),\n"
      "records it, and says which rule of the protocol was broken, by whom, and with which evidence.");
  app.name("mirrorscope");
  app.require_subcommand(1);
  app.set_version_flag("--version", MIRRORSCOPE_VERSION);
  app.footer(
      "Examples:\n"
      "  mirrorscope doctor                               what can be recorded on this machine\n"
      "  sudo mirrorscope record -o run -- ./my_test      record a program and its children\n"
      "  mirrorscope check run                            judge what was recorded\n"
      "  mirrorscope dump run --event 'inv_*' --limit 20  look at the records\n"
      "\n"
      "'mirrorscope COMMAND --help' says more. Exit codes: 0 fine, 1 a rule is violated, 2 cannot do that, 3 "
      "inconclusive.");

  int exit_code = exit_ok;
#define ENTRY(name) add_##name(app, exit_code);
#include "commands.inc"
#undef ENTRY

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::fprintf(stderr, "%s\n", complaint(app, error, argc, argv).c_str());
    return exit_unusable;
  }
  return exit_code;
}
