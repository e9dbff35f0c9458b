// SPDX-License-Identifier: Apache-2.0
// What does a word of memory under test say about where it belongs and when it was written?
#pragma once

#include <cstddef>
#include <cstdint>

namespace lab {

// A word names its region, its place in the region and the version of its extent: data that landed in the wrong page,
// or an old page that is still being read through a dead translation, cannot pass for the right one.
constexpr std::uint64_t stamp_word(std::uint8_t region, std::size_t word_index, std::uint16_t version) {
  return 0xC0DEull << 48 | std::uint64_t(region) << 40 | std::uint64_t(version) << 24 | (word_index & 0xffffff);
}
constexpr std::uint64_t without_version(std::uint64_t word) { return word & ~(0xffffull << 24); }

// Between a write that failed half way and the next one that succeeds, every version in [lo, hi] may be there.
struct Versions {
  std::uint16_t lo = 1, hi = 1;
  bool allow(std::uint16_t v) const { return std::uint16_t(v - lo) <= std::uint16_t(hi - lo); }
};

inline void stamp_fill(std::uint64_t* words, std::size_t n, std::uint8_t region, std::size_t first,
                       std::uint16_t version) {
  for (std::size_t i = 0; i < n; i++) words[i] = stamp_word(region, first + i, version);
}

// Index of the first word that no allowed history explains; n when all are explained.
// lossy: something destroyed data on purpose there, so zero and any older version are explained too - another place is
// not.
inline std::size_t stamp_check(const std::uint64_t* words, std::size_t n, std::uint8_t region, std::size_t first,
                               Versions v, bool lossy) {
  for (std::size_t i = 0; i < n; i++) {
    const bool here = without_version(words[i]) == stamp_word(region, first + i, 0);
    if (lossy ? here || words[i] == 0 : here && v.allow(std::uint16_t(words[i] >> 24))) continue;
    return i;
  }
  return n;
}

}  // namespace lab
