// SPDX-License-Identifier: Apache-2.0
// Two sides of runs, before and after: which verdicts changed, which findings are new and which gone, which numbers differ by more than noise.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/compare/noise.h"
#include "report/result/merged.h"

namespace mirrorscope {

struct VerdictChange {
  const RuleDef* rule = nullptr;
  Verdict before{}, after{};
  bool worse = false;      // violated now, and was not
};

struct FindingChange {
  const RuleDef* rule = nullptr;
  Sighting sighting;       // of the side that has it
  bool is_new = false;     // else gone
};

// What a number is of.
enum class Unit : uint8_t { ns, share, per_work, per_second };

struct NumberChange {
  std::string name;        // "toy_invalidate [toy]: own time, median"
  Unit unit{};
  double before = 0, after = 0;
  Difference difference;
  bool worse = false;
};

struct Comparison {
  static constexpr double kChance = 0.001;  // that one difference or more is named where there is none

  struct Of {
    size_t runs = 0;                        // that could be judged
    uint64_t records = 0, lost = 0;         // of them all; what was lost is in no other number, and a rule that leans on it is inconclusive
  };
  Of before, after;
  std::string work;                         // what rates are per: "hmm_range_fault()"; empty: there was nothing that both sides did, so per second
  std::vector<VerdictChange> verdicts;      // by rule
  std::vector<FindingChange> findings;      // new ones first, by key
  std::vector<NumberChange> numbers;        // largest first
  std::vector<std::string> problems;        // of either side: sentences
  size_t compared = 0;                      // numbers
  size_t too_few = 0;                       // numbers with too few samples or calls to be compared
};

// Of the number before; what is sure to differ by less need not matter.
inline constexpr double kLeastDifference = 0.05;

// `least`: what is less than this share of the number before is not named, however sure it is.
Comparison compare(const Summary& before, const Summary& after, double least);

// What --fail-on names.
struct FailOn {
  bool verdict = true, finding = true, number = true;
  Level strict = Level::hard;               // of the rules that count
};
// Of a comparison, what counts against `after`.
bool fails(const VerdictChange& change, const FailOn& on);
bool fails(const FindingChange& change, const FailOn& on);
bool fails(const NumberChange& change, const FailOn& on);

// `before` and `after`: what the sides are called.
struct ComparisonText {
  std::string before, after;
  FailOn on;
};
struct ComparisonFormat {
  std::string_view name, says;
  std::string (*render)(const Comparison&, const ComparisonText&);
};
std::span<const ComparisonFormat> all_comparison_formats();

}  // namespace mirrorscope
