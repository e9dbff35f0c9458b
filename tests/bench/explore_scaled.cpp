// SPDX-License-Identifier: Apache-2.0
// How many states or executions does the explorer go through? Scenarios of any size, without rules; prints states and transitions, or
// executions.
//
//   explore_scaled protocol DEVICES PROCESSES PAGES [--no-reduction]   hmm_mirror: all fault and MADV_DONTNEED all pages
//   explore_scaled operations every|random EXECUTIONS                  two threads with five operations each
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "driver-model/explore/explore.h"
#include "driver-model/profiles/profile.h"

using namespace mirrorscope::model;

namespace {
int protocol(u8 devices, u8 processes, u8 pages, bool reduction) {
  const Profile* p = profile_named("hmm_mirror");
  Scenario s{.name = "scaled", .threads = {}, .pages = pages};
  for (u8 i = 0; i < devices; ++i) s.threads.push_back({"device", "fault", 0, pages});
  for (u8 i = 0; i < processes; ++i) s.threads.push_back({"process", "dontneed_touch", 0, pages});
  Bounds bounds;
  bounds.states = 1'000'000'000;
  bounds.reduction = reduction;
  const Covered c = explore("exhaustive", model_of(*p, s, nullptr), bounds, nullptr);
  std::printf("%llu %llu\n", static_cast<unsigned long long>(c.states), static_cast<unsigned long long>(c.transitions));
  return c.exhaustive && !c.hits ? 0 : 1;
}

// A search of every execution ends when there are no more; it begins again until there were so many.
int operations(bool random, uint64_t wanted) {
  Parts parts;
  std::vector<Instr> code;
  for (int i = 0; i < 5; ++i) code.push_back(add_var(i & 1, 1));
  code.push_back(end());
  parts.programs = {program("operations", code)};
  parts.threads = {{"one", "operations"}, {"other", "operations"}};
  const Model m = compile(parts);
  Bounds bounds;
  bounds.reduction = false;
  bounds.count_states = false;
  uint64_t executions = 0;
  while (executions < wanted) {
    bounds.executions = wanted - executions;
    executions += (random ? explore("random", m, bounds, nullptr) : explore("every", m, bounds, nullptr)).executions;
  }
  std::printf("%llu\n", static_cast<unsigned long long>(executions));
  return 0;
}
}  // namespace

int main(int argc, char** argv) {
  auto number = [&](int i) { return static_cast<u8>(std::atoi(argv[i])); };
  if (argc >= 5 && !std::strcmp(argv[1], "protocol")) return protocol(number(2), number(3), number(4), argc == 5);
  if (argc == 4 && !std::strcmp(argv[1], "operations"))
    return operations(!std::strcmp(argv[2], "random"), std::strtoull(argv[3], nullptr, 10));
  std::fprintf(stderr, "usage: explore_scaled protocol DEVICES PROCESSES PAGES [--no-reduction]\n"
                       "       explore_scaled operations every|random EXECUTIONS\n");
  return 2;
}
