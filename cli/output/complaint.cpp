// SPDX-License-Identifier: Apache-2.0
// How the option that was probably meant is found.
#include "cli/output/complaint.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

#include "schema/shown.h"

namespace mirrorscope::cli {

namespace {

// How many letters must be changed, added or left out (Levenshtein).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

const CLI::App* chosen(const CLI::App& app) {
  const auto subs = app.get_subcommands();
  return subs.empty() ? &app : chosen(*subs.front());
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  size_t least = word.size() / 2;
  for (const std::string& name : known) {
    const size_t d = distance(word, name);
    if (d < least) least = d, best = name;
  }
  return best;
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

}  // namespace

std::string complaint(const CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv) {
  const CLI::App& sub = *chosen(app);
  std::string text = name_of(sub) + ": ";
  const std::vector<std::string> extra = sub.remaining();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError) && !extra.empty()) {
    const std::string word = extra.front().substr(0, extra.front().find('='));
    const std::string meant = nearest(word, words_of(sub));
    text += "'" + word + "' is not known here" + (meant.empty() ? "" : "; did you mean '" + meant + "'?");
  } else if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && argc > 1 && &sub == &app) {
    const std::string meant = nearest(argv[1], words_of(app));
    text += "'" + std::string(argv[1]) + "' is no command" + (meant.empty() ? "" : "; did you mean '" + meant + "'?");
  } else {
    text += error.what();
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
  return shown_sentence(text) + (text.back() == '?' ? "" : ".") + " See '" + name_of(sub) + " --help'.";
}

}  // namespace mirrorscope::cli
