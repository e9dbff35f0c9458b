// SPDX-License-Identifier: Apache-2.0
// How steps become nanoseconds.
#include "tally/times.h"

#include <algorithm>
#include <cmath>

namespace mirrorscope {

uint64_t Times::step_begin(size_t step) {
  if (step == 0) return 0;
  const uint64_t octave = uint64_t{1} << (MS_TALLY_FIRST + step / 2);
  return step % 2 ? octave + octave / 2 : octave;
}

uint64_t Times::percentile(double share) const {
  if (count == 0) return 0;
  const double wanted = std::max(1.0, share * static_cast<double>(count));
  double before = 0;
  for (size_t step = 0; step < steps.size(); ++step) {
    const auto here = static_cast<double>(steps[step]);
    if (here > 0 && before + here >= wanted) {
      const auto begin = static_cast<double>(step_begin(step)), end = static_cast<double>(step_begin(step + 1));
      return std::min(longest, static_cast<uint64_t>(std::lround(begin + (end - begin) * (wanted - before) / here)));
    }
    before += here;
  }
  return longest;
}

Times& Times::operator+=(const Times& more) {
  count += more.count;
  total += more.total;
  longest = std::max(longest, more.longest);
  for (size_t step = 0; step < steps.size(); ++step) steps[step] += more.steps[step];
  return *this;
}

Times Times::since(const Times& before) const {
  // numbers of one CPU are read while it counts: one may be a call ahead of another, never behind its own past
  auto less = [](uint64_t now, uint64_t then) { return now - std::min(now, then); };
  Times times;
  times.count = less(count, before.count);
  times.total = less(total, before.total);
  for (size_t step = 0; step < steps.size(); ++step) {
    times.steps[step] = less(steps[step], before.steps[step]);
    if (times.steps[step]) times.longest = std::min(longest, step_begin(step + 1));
  }
  return times;
}

}  // namespace mirrorscope
