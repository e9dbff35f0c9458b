// SPDX-License-Identifier: Apache-2.0
// Who decides about colours: the user, else the environment, else the terminal.
#include "cli/output/color.h"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace mirrorscope::cli {

namespace {
std::string g_when = "auto";

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}
}  // namespace

CLI::Option* add_color_option(CLI::App& sub) {
  return sub.add_option("--color", g_when, "always, never, or auto: on a terminal where NO_COLOR is not set (default)")
      ->check(CLI::IsMember({"always", "never", "auto"}))
      ->option_text("WHEN");
}

bool colored() {
  if (g_when != "auto") return g_when == "always";
  return environment("NO_COLOR").empty() && environment("TERM") != "dumb" && isatty(STDOUT_FILENO) != 0;
}

}  // namespace mirrorscope::cli
