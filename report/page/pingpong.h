// SPDX-License-Identifier: Apache-2.0
// Which ranges a device looks up and the kernel invalidates again and again.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

#include "schema/events.h"

namespace mirrorscope {

class PingPong {
 public:
  static constexpr size_t kReasons = 8;
  static constexpr size_t kTracked = 65536;  // ranges; later ones are counted in `untracked`

  struct Row {
    uint64_t mm = 0;
    uint64_t start = 0;
    uint64_t end = 0;
    uint32_t tid = 0;     // who looked it up first
    uint32_t tgid = 0;
    uint64_t lookups = 0; // times that it came in
    uint64_t rounds = 0;  // of these, after an invalidation
    uint64_t first = 0;   // time of the first look-up
    uint64_t last = 0;    // and of the last
    std::array<uint64_t, kReasons> invalidated{};  // by reason
  };

  // Every record, in time order.
  void see(const ev_header& record);
  // Those with at least one round, most rounds first, at most `most`.
  std::vector<Row> rows(size_t most) const;
  uint64_t untracked() const { return untracked_; }

 private:
  void look_up(const ev_header& h, uint64_t start, uint64_t end);
  void invalidate(const ev_header& h, uint64_t start, uint64_t end, uint32_t reason);

  struct Space {
    uint64_t number;  // pointers to an mm come again, numbers do not
    // What is in, by first byte, never overlapping: an invalidation takes out what a look-up has put in, so all is linear.
    std::map<uint64_t, size_t> in;
  };
  struct Place {
    uint64_t space, start, end;
    bool operator==(const Place&) const = default;
  };
  struct Hash {
    size_t operator()(const Place& p) const { return (p.space ^ p.start * 31 ^ p.end * 1299709) * 0x9e3779b97f4a7c15ull >> 5; }
  };
  std::vector<Row> rows_;
  std::unordered_map<Place, size_t, Hash> index_;
  std::unordered_map<uint64_t, Space> spaces_;  // by mm
  uint64_t made_ = 0;
  uint64_t untracked_ = 0;
};

}  // namespace mirrorscope
