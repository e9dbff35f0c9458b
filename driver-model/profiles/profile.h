// SPDX-License-Identifier: Apache-2.0
// What a profile is: one driver as programs, the scenarios it is run in, and its mutants. One file of this folder each; a file x.cpp
// defines `Profile profile_x()`, and that is all there is to register.
//
//   Profile profile_hmm_mirror() {
//     Profile p;
//     p.name = "hmm_mirror";
//     p.mirrors = "Documentation/mm/hmm.rst, driver_populate_range()";
//     p.driver.programs = {program("fault", {...}), program("invalidate", {...})};      // machine/program.h has the vocabulary
//     p.driver.subs = {{.lo = 0, .hi = 2, .invalidate = "invalidate", .finish = {}}};
//     p.scenarios = {{.name = "munmap", .threads = {{"device", "fault", 0, 2}, {"process", "munmap", 0, 1}}}, ...};
//     p.mutants = {{.name = "skip_read_retry", .says = "commits what an invalidation has overtaken", .rule = "SEQ-04",
//                   .edits = {drop("fault", "check")}}, ...};
//     return p;
//   }
//
// How to write one:
//   - A program reads like the driver's function, cites it, and runs on the pages of its thread. Kernel callbacks are programs too: the
//     machine runs them inside the thread that invalidates, on the part of the range that the sub watches, and they end with
//     ret_true(), ret_false() or, in an hlist op and in a finish pass, end().
//   - What the process and the kernel do around the driver are the programs of machine/environment.h: name them in a ThreadDef.
//   - The device is a thread: dma_begin() (translates, or jumps to where it faults), dma_access() (the oracle looks here), dma_end().
//     A TLB: dma_begin(..., cached), dev_zap + flush_submit + flush_wait, and a daemon thread that loops over flush_execute.
//   - Small is beautiful: two pages, two or three threads, one thing of the environment per scenario. Every scenario of the base
//     is exhausted in every run of the tests; `mirrorscope explore NAME` prints how many states each has. Aim below 100,000.
//   - A mutant changes instructions: drop, replace, insert_before, insert_after, swap, move_before. An instruction is named by its
//     at("tag", ...), or by its own name ("set_seq") where that is the first one of its kind in the program; a label by its text.
//   - `scenario` is where the mutant must be caught (the first one if empty): all of its executions are explored. `rule` must report
//     it there, and no other rule may unless it stands in `implied`. `oracle` says whether harm must be seen too: it_harms (default),
//     or harmless with `why` (a broken contract that this scenario, or any, does not turn into harm).
//   - A negative control (a pattern that must not be reported) is a Mutant without a rule: Mutant{.control = true}.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "driver-model/machine/compile.h"
#include "driver-model/machine/environment.h"

namespace mirrorscope::model {

// One change of one program.
struct Edit {
  enum Kind : u8 { drop_it, replace_it, before, after, swap_them, move_it_before } kind;
  std::string_view program;
  std::string_view at;
  std::string_view other;          // swap_them, move_it_before
  std::vector<Instr> with;
};
inline Edit drop(std::string_view program, std::string_view at) { return {Edit::drop_it, program, at, {}, {}}; }
inline Edit replace(std::string_view program, std::string_view at, std::vector<Instr> with) {
  return {Edit::replace_it, program, at, {}, std::move(with)};
}
inline Edit insert_before(std::string_view program, std::string_view at, std::vector<Instr> with) {
  return {Edit::before, program, at, {}, std::move(with)};
}
inline Edit insert_after(std::string_view program, std::string_view at, std::vector<Instr> with) {
  return {Edit::after, program, at, {}, std::move(with)};
}
inline Edit swap(std::string_view program, std::string_view at, std::string_view other) {
  return {Edit::swap_them, program, at, other, {}};
}
inline Edit move_before(std::string_view program, std::string_view at, std::string_view other) {
  return {Edit::move_it_before, program, at, other, {}};
}

// What other rules say of a translation that should not be there: mapped inside an invalidation, of a page that is freed, accessed.
inline const std::vector<std::string_view> mapped_too_late{"ORD-11", "ORD-12", "ORD-24"};
// And of one that should be gone.
inline const std::vector<std::string_view> kept_too_long{"ORD-11", "ORD-12", "ORD-20", "ORD-24"};

enum class Oracle : u8 { it_harms, harmless };

struct Mutant {
  std::string_view name;
  std::string_view says;                      // what is wrong, one line
  std::string_view rule;                      // id of the rule that must report it: "SEQ-04"
  std::string_view scenario{};                // empty: the first one
  std::vector<Edit> edits{};
  std::vector<std::string_view> implied{};    // rules that may report it too: what follows from it, mapped_too_late, kept_too_long
  Oracle oracle = Oracle::it_harms;
  std::string_view why{};                     // harmless: why
  bool control = false;                       // no mutant: must stay clean
};

struct Scenario {
  std::string_view name;
  std::vector<ThreadDef> threads;   // machine/model.h: {name, program, lo, hi, daemon}
  u8 pages = 2;
  bool populated = true;
  bool huge = false;
  std::vector<std::pair<u8, u8>> vars{};   // variables of the driver that do not begin with 0
  bool exact = false;       // even a pinned page has to be what the process sees: it gives nothing away while the device works
  bool tears_down = false;  // the threads end what they began: nothing may stay pinned, no sub inserted
};

struct Profile {
  std::string_view name;
  std::string_view mirrors;  // the kernel's file and functions
  std::string_view says;     // one sentence
  Parts driver;              // programs, subs, lists, pins_may_go_stale, tears_down, driver (enum driver of schema/enums.def)
  std::vector<Scenario> scenarios;
  std::vector<Mutant> mutants;
};

// Every profile, by name.
std::span<const Profile> all_profiles();
const Profile* profile_named(std::string_view name);
const Mutant* mutant_named(const Profile& profile, std::string_view name);
const Scenario* scenario_named(const Profile& profile, std::string_view name);  // empty: the first

// The model of one scenario, with a mutant's changes if one is given.
Model model_of(const Profile& profile, const Scenario& scenario, const Mutant* mutant);

}  // namespace mirrorscope::model
