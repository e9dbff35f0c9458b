// SPDX-License-Identifier: Apache-2.0
// How the option that was probably meant is found.
#include "cli/output/complaint.h"

#include <string_view>
#include <vector>

#include "schema/meant.h"
#include "schema/shown.h"

namespace mirrorscope::cli {

namespace {
const CLI::App* chosen(const CLI::App& app) {
  const auto subs = app.get_subcommands();
  return subs.empty() ? &app : chosen(*subs.front());
}

std::vector<std::string> words_of(const CLI::App& app) {
  std::vector<std::string> words;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  for (const CLI::App* sub : app.get_subcommands(nullptr)) words.push_back(sub->get_name());
  return words;
}

std::string name_of(const CLI::App& app) {
  return (app.get_parent() ? name_of(*app.get_parent()) + " " : std::string()) + app.get_name();
}

// CLI11 lists what an option takes: "--format: perfeto not in {chrome,perfetto}".
std::string nearest_of_list(std::string_view text) {
  static constexpr std::string_view list = " not in {";
  const size_t at = text.find(list), end = text.rfind('}');
  if (at == text.npos || end == text.npos || end < at + list.size()) return "";
  const size_t word = text.rfind(' ', at - 1);
  if (at == 0 || word == text.npos) return "";
  return did_you_mean(text.substr(word + 1, at - word - 1), CLI::detail::split(std::string(text.substr(at + list.size(), end - at - list.size())), ','));
}

}  // namespace

std::string complaint(const CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv) {
  const CLI::App& sub = *chosen(app);
  std::string text = name_of(sub) + ": ";
  const std::vector<std::string> extra = sub.remaining();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) && !extra.empty()) {
    const std::string word = extra.front().substr(0, extra.front().find('='));
    text += "'" + word + "' is not known here" + did_you_mean(word, words_of(sub));
  } else if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && argc > 1 && &sub == &app) {
    text += "'" + std::string(argv[1]) + "' is no command" + did_you_mean(argv[1], words_of(app));
  } else {
    text += error.what() + nearest_of_list(error.what());
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
  return shown_sentence(text) + (text.back() == '?' ? "" : ".") + " See '" + name_of(sub) + " --help'.";
}

}  // namespace mirrorscope::cli
