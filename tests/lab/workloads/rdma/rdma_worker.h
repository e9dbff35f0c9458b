// SPDX-License-Identifier: Apache-2.0
// What traffic runs through the memory regions, and how is its data judged?
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "disturb/arena.h"
#include "rdma/verbs.h"
#include "rng.h"
#include "stamp.h"
#include "tally.h"
#include "watchdog.h"

namespace lab {

// What all workers of a run have in common. Region 0 holds the local buffers (sources and sinks); traffic targets the
// others.
struct Traffic {
  const RdmaDevice& device;
  Arena& arena;
  std::vector<ibv_mr*> standing;  // one per region, for the whole run
  Tally& tally;
  bool on_demand;
  unsigned workers;
  unsigned churn_every;  // one batch in so many brings its own short-lived registration; 0: none
  std::size_t transfer;  // bytes of one READ, WRITE or SEND: extent_size, or fewer
};

constexpr std::size_t extent_size = 8192, extent_words = extent_size / 8;

constexpr unsigned batch_size = 8, most_workers = 16;
// The first extents of a target region hold the counters for atomics, one extent per worker; stamps never go there.
constexpr std::size_t first_stamped = most_workers;
constexpr std::size_t local_bytes = most_workers * 2 * batch_size * extent_size;

class RdmaWorker {
 public:
  RdmaWorker(const Traffic& traffic, unsigned index, Rng rng, Beat& beat);
  Problem open();
  void run(const std::atomic<bool>& stop);
  // When nothing disturbs any more: every extent of this worker must hold what was written last.
  void final_sweep();

 private:
  enum class Kind : std::uint8_t { write, read, send, fetch_add, compare_swap, store_read, kinds };
  struct Op {
    Kind kind;
    std::size_t extent;      // in the target region; unused by atomics
    std::uint16_t version;   // that a write, send or store puts there
    std::uint64_t expected;  // by an atomic
    bool completed = false, received = true;
  };
  struct Atomic {
    std::uint64_t value = 0, issued = 0;
    bool known = true;  // false after an error: then only fetches go out, and what they return tells
  };
  struct Place {  // this worker's share of one region
    Region* region = nullptr;
    std::vector<Versions> versions;  // by extent
    Atomic atomic;
  };

  void batch();
  Op prepare(Place& place, std::size_t extent, unsigned slot);
  bool post(Place& place, const ibv_mr* mr);
  bool collect();
  void settle(Place& place, Op& op, unsigned slot);
  void settle_atomic(Place& place, const Op& op, std::uint64_t returned);
  void settle_counter(Place& place);
  void check(Place& place, std::size_t extent, const std::uint64_t* words, const char* through);
  void stamp(std::uint64_t* words, const Place& place, std::size_t extent, std::uint16_t version) const;
  void check_by_cpu(Place& place, std::size_t extent);
  bool store_by_cpu(Place& place, std::size_t extent, std::uint16_t version);
  void recover();

  std::uint64_t* source(unsigned slot) const { return local_ + slot * extent_words; }
  std::uint64_t* sink(unsigned slot) const { return local_ + (batch_size + slot) * extent_words; }
  std::uint64_t atomic_at(const Place& p) const { return std::uint64_t(p.region->all.at) + index_ * extent_size; }

  const Traffic& traffic_;
  unsigned index_;
  Rng rng_;
  Beat& beat_;
  Loopback link_;
  std::uint64_t* local_;
  std::vector<Place> places_;
  std::vector<Op> ops_;
  std::uint64_t batch_no_ = 0;
  bool unexpected_ = false;  // an error now would be one that nothing allowed
  Counter* by_kind_[int(Kind::kinds)];
  Counter &completions_, &checked_words_, &recoveries_, &stalls_, &unexpected_errors_, &post_failed_;
};

}  // namespace lab
