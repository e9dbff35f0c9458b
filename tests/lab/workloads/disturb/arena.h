// SPDX-License-Identifier: Apache-2.0
// Which memory is under test, and how much of its content may a disturber destroy?
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "cli.h"

namespace lab {

constexpr std::size_t page_size = 4096, huge_size = 2u << 20;

// What disturbers may do to a region; each zone includes the ones before it.
enum class Zone : std::uint8_t {
  keep,   // data stays and every access succeeds: data is verified exactly, a failed access is unexpected
  guard,  // data stays, access may fail for a while: exact after success
  wild,   // data may vanish: a word is zero or one that was written to this very place
};

struct Range {
  std::uint8_t* at;
  std::size_t len;
};

struct Region {
  std::uint8_t id;
  Zone zone;
  Range all;
  std::uint8_t* spare;  // as many unmapped bytes again: where mremap moves pages to for a moment
  int memfd;            // -1: private anonymous memory

  // Maps the range afresh, readable and writable, over whatever is there. false: errno says why.
  bool map(Range r) const;
  std::size_t offset_of(const std::uint8_t* p) const { return std::size_t(p - all.at); }
};

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  enum class Backing { anon, memfd };
  Problem add(Zone zone, std::size_t size, Backing backing = Backing::anon);
  std::deque<Region>& regions() { return regions_; }

 private:
  std::deque<Region> regions_;
  std::uint8_t* next_ = nullptr;
};

}  // namespace lab
