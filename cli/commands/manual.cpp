// SPDX-License-Identifier: Apache-2.0
// mirrorscope manual: the files that an installation has beside the program.
#include <cstdio>
#include <filesystem>

#include "cli/help/completion.h"
#include "cli/help/manual.h"
#include "cli/options/outputs.h"
#include "cli/output/refusal.h"
#include "cli/subcommand.h"

namespace mirrorscope::cli {

namespace {
int write_manual(const CLI::App& app, const std::filesystem::path& folder) {
  std::vector<std::pair<std::filesystem::path, std::string>> files{
      {"man1/mirrorscope.1", man_page(app)},
      {"man5/mirrorscope-trace.5", trace_man_page()},
      {"completions/mirrorscope", bash_completion(app)},
  };
  for (const CLI::App* sub : shown_subcommands(app)) {
    files.emplace_back("man1/mirrorscope-" + sub->get_name() + ".1", man_page(*sub));
    for (const CLI::App* inner : shown_subcommands(*sub))
      files.emplace_back("man1/mirrorscope-" + sub->get_name() + "-" + inner->get_name() + ".1", man_page(*inner));
  }
  for (const auto& [file, text] : files) {
    std::error_code error;
    std::filesystem::create_directories((folder / file).parent_path(), error);
    if (auto done = write_file(folder / file, text); !done) return refuse("manual", done.error().message);
  }
  return exit_ok;
}
}  // namespace

void add_manual(CLI::App& app, int& exit_code) {
  auto folder = std::make_shared<std::string>();
  auto* sub = app.add_subcommand("manual", "write the manual pages and the completion for bash into a directory");
  sub->group("");  // for the build, not for the user
  sub->add_option("DIRECTORY", *folder, "where to")->required();
  sub->callback([&app, folder, &exit_code] { exit_code = write_manual(app, *folder); });
}

}  // namespace mirrorscope::cli
