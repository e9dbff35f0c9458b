// SPDX-License-Identifier: Apache-2.0
// How completion is written: a case per subcommand and per option with known values; everything else is a file.
#include "cli/help/completion.h"

#include <fmt/format.h>

#include "cli/help/manual.h"

namespace mirrorscope::cli {

namespace {
std::string options_of(const CLI::App& app) {
  std::string words;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) words += " --" + name;
    for (const std::string& name : option->get_snames()) words += " -" + name;
  }
  return words.empty() ? words : words.substr(1);
}

// The words of "TEXT:{hard,hazard,smell}", as CLI::IsMember and suggest.h say them.
std::string values_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const size_t begin = type.find('{');
  const size_t end = type.find('}');
  if (begin == std::string::npos || end == std::string::npos) return {};
  std::string words = type.substr(begin + 1, end - begin - 1);
  for (char& c : words)
    if (c == ',') c = ' ';
  return words;
}

// Of `app`, which is the command or one of its own; a command is told by its first word.
std::string value_cases(const CLI::App& app, const std::string& command) {
  std::string cases;
  for (const CLI::Option* option : app.get_options()) {
    const std::string values = values_of(*option);
    if (values.empty() || !option->nonpositional()) continue;
    std::string pattern;
    for (const std::string& name : option->get_lnames()) pattern += fmt::format("{}'{} --{}'", pattern.empty() ? "" : "|", command, name);
    for (const std::string& name : option->get_snames()) pattern += fmt::format("{}'{} -{}'", pattern.empty() ? "" : "|", command, name);
    cases += fmt::format("    {}) words='{}' ;;\n", pattern, values);
  }
  return cases;
}
}  // namespace

std::string bash_completion(const CLI::App& app) {
  std::string names;
  std::string options;
  std::string values;
  for (const CLI::App* sub : shown_subcommands(app)) {
    names += (names.empty() ? "" : " ") + sub->get_name();
    std::string words = options_of(*sub);
    values += value_cases(*sub, sub->get_name());
    for (const CLI::App* inner : shown_subcommands(*sub)) {
      words += " " + inner->get_name() + " " + options_of(*inner);
      values += value_cases(*inner, sub->get_name());
    }
    options += fmt::format("    {}) options='{}' ;;\n", sub->get_name(), words);
  }
  return fmt::format(
      "# Completion of mirrorscope for bash. Made by `mirrorscope manual`.\n"
      "_mirrorscope() {{\n"
      "  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command=${{COMP_WORDS[1]}} options= words=\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W '{} {}' -- \"$cur\")\n"
      "    return\n"
      "  fi\n"
      "  case \"$command $prev\" in\n{}  esac\n"
      "  case $command in\n{}  esac\n"
      "  if [ -n \"$words\" ]; then mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
      "  elif [[ $cur == -* ]]; then mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
      "  else compopt -o filenames 2> /dev/null; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); fi\n"
      "}}\n"
      "complete -F _mirrorscope mirrorscope\n",
      names, options_of(app), values, options);
}

}  // namespace mirrorscope::cli
