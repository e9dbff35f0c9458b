// SPDX-License-Identifier: Apache-2.0
// Student's t by way of the normal distribution: D. L. Wallace, "Bounds on normal approximations to Student's and the chi-square distributions",
// Annals of Mathematical Statistics 30 (1959). Exact to the third digit of z from three degrees of freedom on.
#include "report/compare/noise.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mirrorscope {

namespace {
constexpr double kBucket = 0.01;  // how well a quantile is known from a bucket of a histogram at best, relative

double shrink(double freedom) { return (8 * freedom + 1) / (8 * freedom + 3); }

// That |t| is at least this by chance.
double chance_of(double t, double freedom) {
  const double z = shrink(freedom) * std::sqrt(freedom * std::log1p(t * t / freedom));
  return std::erfc(z / std::sqrt(2.0));
}

// The |t| that is exceeded with 5 %.
double t_of_95(double freedom) {
  const double z = 1.959964 / shrink(freedom);
  return std::sqrt(freedom * std::expm1(z * z / freedom));
}

double freedom_of(const Estimate& a, const Estimate& b) {
  // Welch and Satterthwaite
  const double va = a.error * a.error;
  const double vb = b.error * b.error;
  const double na = static_cast<double>(a.samples) - 1;
  const double nb = static_cast<double>(b.samples) - 1;
  const double below = va * va / na + vb * vb / nb;
  return below > 0 ? std::max(1.0, (va + vb) * (va + vb) / below) : na + nb;
}
}  // namespace

std::optional<Estimate> ratio(std::span<const double> events, std::span<const double> work) {
  double sum = 0, all = 0;
  size_t n = 0;
  for (size_t i = 0; i < work.size(); ++i) {
    if (work[i] <= 0) continue;
    sum += events[i];
    all += work[i];
    ++n;
  }
  if (n < 3) return {};
  const double value = sum / all;
  double squares = 0;
  for (size_t i = 0; i < work.size(); ++i)
    if (work[i] > 0) squares += (events[i] - value * work[i]) * (events[i] - value * work[i]);
  const auto samples = static_cast<double>(n);
  const double spread = std::sqrt(squares * samples / (samples - 1)) / all;
  return Estimate{value, std::max(spread, std::sqrt(std::max(sum, 1.0)) / all), n};
}

std::optional<Estimate> mean_log(std::span<const double> values) {
  double sum = 0;
  size_t n = 0;
  for (const double v : values)
    if (v > 0) sum += std::log(v), ++n;
  if (n < 3) return {};
  const auto samples = static_cast<double>(n);
  const double mean = sum / samples;
  double squares = 0;
  for (const double v : values)
    if (v > 0) squares += (std::log(v) - mean) * (std::log(v) - mean);
  return Estimate{mean, std::hypot(std::sqrt(squares / (samples - 1) / samples), kBucket / std::sqrt(samples)), n};
}

Difference difference(const Estimate& before, const Estimate& after) {
  const double freedom = freedom_of(before, after);
  const double by = after.value - before.value;
  const double error = std::hypot(before.error, after.error);
  const double reach = t_of_95(freedom) * error;
  const auto relative = [&](double d) { return before.value > 0 ? d / before.value : d == 0 ? 0 : std::copysign(std::numeric_limits<double>::infinity(), d); };
  return {relative(by), relative(by - reach), relative(by + reach), chance_of(by / error, freedom)};
}

Difference difference_of_logs(const Estimate& before, const Estimate& after) {
  const double freedom = freedom_of(before, after);
  const double by = after.value - before.value;
  const double error = std::hypot(before.error, after.error);
  const double reach = t_of_95(freedom) * error;
  return {std::expm1(by), std::expm1(by - reach), std::expm1(by + reach), chance_of(by / error, freedom)};
}

}  // namespace mirrorscope
