// SPDX-License-Identifier: Apache-2.0
// Which ways into the kernel hold user pages while data moves, and is the data right afterwards?
#pragma once

#include <atomic>
#include <vector>

#include "disturb/arena.h"
#include "pins/uring.h"
#include "rng.h"
#include "stamp.h"
#include "tally.h"
#include "watchdog.h"

namespace lab {

struct PinFiles {
  int direct = -1;    // opened with O_DIRECT; -1: no O_DIRECT transfers
  int buffered = -1;  // for registered buffers
};

// One thread's pins. It owns every n-th extent of every region, and the same places in the files, so that it alone
// decides what must be there.
class PinUser {
 public:
  PinUser(Arena& arena, const PinFiles& files, Tally& tally, unsigned index, unsigned users, Rng rng, Beat& beat);
  Problem open();
  void run(const std::atomic<bool>& stop);

  static constexpr std::size_t extent_size = 16384, extent_words = extent_size / 8;
  static std::size_t file_size(Arena& arena);

 private:
  struct Spot {
    Region* region;
    std::size_t extent;
    std::uint8_t* at;
    std::uint64_t file_offset;
    Versions *memory, *direct, *buffered;  // what must be in memory and in the two files
  };
  struct Place {
    Region* region;
    std::uint64_t file_start;
    std::vector<Versions> memory, direct, buffered;
  };

  Spot pick();
  void use_direct(const Spot& s);
  void use_fixed();
  void use_vmsplice(const Spot& s);
  void use_process_vm(const Spot& s);
  bool store(const Spot& s);
  bool load(const Spot& s, std::uint64_t* words);
  void to_file(const Spot& s, Versions& file, long moved);
  void from_file(const Spot& s, const Versions& file, long moved);
  void check(const Spot& s, const std::uint64_t* words, Versions allowed, const char* through);

  const PinFiles& files_;
  Tally& tally_;
  unsigned index_, users_;
  Rng rng_;
  Beat& beat_;
  Uring ring_;
  int pipe_[2] = {-1, -1};
  std::vector<Place> places_;
  std::vector<std::uint64_t> words_;
  Counter &direct_, &fixed_, &registered_, &vmsplice_, &process_vm_, &refused_, &checked_;
};

}  // namespace lab
