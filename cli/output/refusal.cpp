// SPDX-License-Identifier: Apache-2.0
// How a sentence gets to standard error.
#include "cli/output/refusal.h"

#include <cstdio>
#include <string>

#include "cli/subcommand.h"
#include "schema/shown.h"

namespace mirrorscope::cli {

void remark(std::string_view command, std::string_view sentence) {
  std::string line = "mirrorscope";
  if (!command.empty()) line.append(" ").append(command);
  line.append(": ").append(shown_sentence(sentence)).append("\n");
  std::fputs(line.c_str(), stderr);
}

int refuse(std::string_view command, std::string_view sentence) {
  remark(command, sentence);
  return exit_unusable;
}

}  // namespace mirrorscope::cli
