// SPDX-License-Identifier: Apache-2.0
// What did the workload do, how often, and was all of it right?
#include "tally.h"

#include <cinttypes>
#include <cstdio>

namespace lab {

Counter& Tally::at(std::string_view group, std::string_view name) {
  std::lock_guard hold(lock_);
  for (auto& r : rows_)
    if (r.group == group && r.name == name) return r.value;
  auto& row = rows_.emplace_back();
  row.group = group;
  row.name = name;
  return row.value;
}

void Tally::note(std::string_view key, std::string_view value) {
  std::lock_guard hold(lock_);
  notes_.emplace_back(key, value);
}

void Tally::mismatch(const std::string& description) {
  constexpr std::uint64_t described = 10;
  if (mismatches_.fetch_add(1) < described) std::fprintf(stderr, "mismatch: %s\n", description.c_str());
}

namespace {

std::vector<std::string> groups_in_order(const auto& rows) {
  std::vector<std::string> out;
  for (const auto& r : rows) {
    bool seen = false;
    for (const auto& g : out) seen = seen || g == r.group;
    if (!seen) out.push_back(r.group);
  }
  return out;
}

}  // namespace

void Tally::print(bool json) const {
  std::lock_guard hold(lock_);
  // Notes hold only names and numbers of ours: nothing in them needs JSON escapes.
  if (json) std::printf("{");
  for (const auto& [k, v] : notes_) std::printf(json ? "\"%s\":\"%s\"," : "%-12s %s\n", k.c_str(), v.c_str());
  for (const auto& g : groups_in_order(rows_)) {
    std::printf(json ? "\"%s\":{" : "%s\n", g.c_str());
    const char* comma = "";
    for (const auto& r : rows_) {
      if (r.group != g) continue;
      if (json)
        std::printf("%s\"%s\":%" PRIu64, comma, r.name.c_str(), r.value.load());
      else
        std::printf("  %-26s %" PRIu64 "\n", r.name.c_str(), r.value.load());
      comma = ",";
    }
    if (json) std::printf("},");
  }
  std::printf(json ? "\"mismatches\":%" PRIu64 "}\n" : "mismatches   %" PRIu64 "\n", mismatches_.load());
  std::fflush(stdout);
}

}  // namespace lab
