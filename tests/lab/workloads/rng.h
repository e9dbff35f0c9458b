// SPDX-License-Identifier: Apache-2.0
// Where do a workload's random choices come from, so that a seed repeats them?
#pragma once

#include <cstdint>

namespace lab {

// splitmix64: one word of state, so every thread has its own, seeded from --seed and its number.
struct Rng {
  std::uint64_t state;

  std::uint64_t next() {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  std::uint64_t below(std::uint64_t n) { return n ? next() % n : 0; }
  bool one_in(std::uint64_t n) { return below(n) == 0; }
};

inline Rng rng_for(std::uint64_t seed, std::uint64_t stream) { return Rng{seed * 0x2545f4914f6cdd1dull + stream}; }

}  // namespace lab
