// SPDX-License-Identifier: Apache-2.0
// Is the difference between two numbers more than how much each of them changes by itself?
//
// A number is known from samples: several runs, or the stretches of few. Its noise is the spread of the samples (docs/decisions.md).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace mirrorscope {

// A number and how well it is known.
struct Estimate {
  double value = 0;
  double error = 0;      // standard error, of the same unit
  size_t samples = 0;
};

// Events per unit of work, from samples of both: sum by sum, its error from how much the samples differ from that. No less than counting alone allows.
// Nothing without work or with fewer than three samples in which there was any.
std::optional<Estimate> ratio(std::span<const double> events, std::span<const double> work);
// The mean of logarithms, for what is multiplied rather than added to: times. Nothing for fewer than three.
std::optional<Estimate> mean_log(std::span<const double> values);

struct Difference {
  double by = 0;         // 0.2: 20 % more than before; with nothing before: infinite
  double from = 0, until = 0;  // where `by` is with 95 %
  double chance = 1;     // that noise alone makes this difference or a larger one
};

// Of two numbers as they are, and of two logarithms.
Difference difference(const Estimate& before, const Estimate& after);
Difference difference_of_logs(const Estimate& before, const Estimate& after);

}  // namespace mirrorscope
