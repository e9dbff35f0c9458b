// SPDX-License-Identifier: Apache-2.0
// How near two names are.
#include "schema/meant.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <vector>

#include "schema/catalog.h"

namespace mirrorscope {

namespace {
// As names are compared: capitals and the two lines make no difference.
char plain(char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// How many letters must be changed, added, left out, or swapped with the next one (optimal string alignment).
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j - 1] + (plain(a[i - 1]) != plain(b[j - 1])), last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && plain(a[i - 1]) == plain(b[j - 2]) && plain(a[i - 2]) == plain(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row.back();
}

// The first letter of `name` that counts, and what is behind it.
char next_letter(std::string_view& name) {
  while (!name.empty()) {
    const char c = plain(name.front());
    name.remove_prefix(1);
    if (c != '-') return c;
  }
  return '\0';
}
}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  for (;;) {
    const char letter = next_letter(a);
    if (letter != next_letter(b)) return false;
    if (letter == '\0') return true;
  }
}

std::string did_you_mean(std::string_view word, std::span<const std::string> known) {
  if (word.size() > 64) return "";  // no name
  const std::string* best = nullptr;
  size_t least = std::max<size_t>(word.size() / 2, 1) + 1;
  for (const std::string& name : known) {
    const size_t d = distance(word, name);
    if (d < least) least = d, best = &name;
  }
  return best ? "; did you mean '" + *best + "'?" : "";
}

std::string no_such(std::string_view kind, std::string_view word, std::span<const std::string> known, std::string_view where) {
  const std::string near = did_you_mean(word, known);
  std::string text = "there is no ";
  return text.append(kind).append(" '").append(word).append("'").append(near).append(near.empty() ? "; " : " ").append(where);
}

std::string no_such_event(std::string_view word) {
  std::vector<std::string> names;
  for (const EventInfo& e : catalog::events) names.emplace_back(e.name);
  return no_such("event", word, names, "`mirrorscope events` lists them");
}

}  // namespace mirrorscope
