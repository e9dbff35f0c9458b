// SPDX-License-Identifier: Apache-2.0
// The files of views/ and recipes/, and guide.md, as they were when the program was built.
#include <array>

#include "query/query.h"

namespace mirrorscope::query {

namespace {
struct Embedded {
  std::string_view path, text;
};
constexpr Embedded kViews[] = {
#include "views.inc"
};
constexpr Embedded kRecipes[] = {
#include "recipes.inc"
};
constexpr Embedded kGuide[] = {
#include "guide.inc"
};

// "-- What it answers.\nSELECT ..."
std::vector<Named> named(std::span<const Embedded> files) {
  std::vector<Named> out;
  for (const Embedded& f : files) {
    std::string_view name = f.path.substr(f.path.rfind('/') + 1);
    name.remove_suffix(4);
    const size_t end = f.text.find('\n');
    out.push_back({name, f.text.substr(3, end - 3), f.text.substr(end + 1)});
  }
  return out;
}
}  // namespace

std::vector<Named> recipes() { return named(kRecipes); }
std::vector<Named> views() { return named(kViews); }
std::string_view guide() { return kGuide[0].text; }

}  // namespace mirrorscope::query
