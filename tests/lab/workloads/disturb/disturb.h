// SPDX-License-Identifier: Apache-2.0
// Which changes of an address space can be made under a device's translations, and who makes them how often?
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "disturb/arena.h"
#include "rng.h"
#include "tally.h"
#include "watchdog.h"

namespace lab {

struct Target {
  const Region& region;
  Range range;  // page aligned, inside the region
  Rng& rng;
};

struct Disturber {
  const char* name;
  Zone harm;        // the mildest zone it may work in
  unsigned weight;  // its share of the turns; expensive ones have little
  const char* help;
  int (*run)(const Target&);  // 0, or the errno of the step that failed (a race with another disturber is no error)
  const char* (*missing)() = nullptr;  // why it can do nothing on this machine; null: it can
};

std::span<const Disturber> keeping_disturbers();     // disturb_keep.cpp: data and access survive
std::span<const Disturber> destroying_disturbers();  // disturb_destroy.cpp: access or data does not

std::string disturber_help();

// The disturbers of one run, chosen by --ops.
class Disturbance {
 public:
  // Called before choose(): this one works in no milder zone than `zone`, whatever its own row says.
  void keep_to(const char* name, Zone zone) { kept_to_.push_back({name, zone}); }
  // ops: comma separated names, "all" or "none"; -name takes one away again ("all,-fork"). Disturbers that can do
  // nothing here are left out and noted in the tally.
  Problem choose(const std::string& ops, Arena& arena, Tally& tally);
  // So many threads that change the arena until stop, each with choices of its own; pace_us is slept between two changes.
  void start(std::deque<std::thread>& threads, std::uint64_t number, std::uint64_t seed, std::uint64_t pace_us, Watchdog& dog,
             const std::atomic<bool>& stop) const;

 private:
  struct Chosen {
    const Disturber* what;
    std::vector<const Region*> where;
    Counter *done, *failed;
  };
  Zone harm_of(const Disturber& d) const;
  void work(Rng rng, Beat& beat, const std::atomic<bool>& stop, std::uint64_t pace_us) const;
  std::vector<std::pair<std::string, Zone>> kept_to_;
  std::vector<Chosen> chosen_;
  unsigned weight_ = 0;
};

}  // namespace lab
