// SPDX-License-Identifier: Apache-2.0
// A profile's programs as automata over records: where a task may be in them, and where a record brings it.
//
// An instruction that makes a record takes one; all others are silent steps. What decides a branch is the result that
// was recorded, where there is one, else both ways are open: a driver's variables, its pfn arrays and `maybe` are not
// known. A record of a range may come in pieces: a real driver emits one per page where the profile has an instruction
// for all. Records that a driver's hook does not have (locks inside a helper module) make their instructions silent.
#pragma once

#include <array>
#include <bitset>
#include <functional>
#include <string>
#include <vector>

#include "driver-model/machine/model.h"
#include "driver-model/profiles/profile.h"
#include "schema/events.h"

namespace mirrorscope::conform {

// One place where a task may be.
struct Walk {
  struct Frame {
    uint8_t program = 0, pc = 0, phase = 0;
    auto operator<=>(const Frame&) const = default;
  };
  static constexpr int kUnknown = -1;
  enum Over : uint8_t { running, returned_true, returned_false };

  std::array<Frame, 7> frame{};
  uint8_t depth = 0;                   // 0: in no program of the driver
  int ret = kUnknown;                  // errno of the last kernel function, 0 = success
  uint64_t tok[2]{};                   // sequences it has, 0 = not known
  uint64_t lo = 0, hi = 0, cover = 0;  // callback: its range, and how much of it has been unmapped
  bool exact = false;                  // lo and hi are the frame's range
  bool stored = false, later = false;  // set_seq, finish_later
  bool pins = false;                   // its own array holds pages that it has pinned
  bool mmap = false;                   // it holds the mmap lock
  Over over = running;
  auto operator<=>(const Walk&) const = default;
  bool idle() const { return depth == 0 && over == running; }
  // A sequence is followed from where it was read to where it is compared, unless the instruction names no token of
  // this walk.
  static bool tracked(uint8_t place) { return !(place & 0x80) && place != model::invalid_tok; }
  uint64_t token(uint8_t place) const { return tracked(place) ? tok[place & 1] : 0; }
};

// What a walk can see besides itself.
struct Scene {
  bool callback = false, blockable = true, owned = false;
  uint32_t reason = 0;
  // Was there a moment since the task's last record when no access of device `d` to [lo, hi) was in flight?
  std::function<bool(unsigned d, uint64_t lo, uint64_t hi)> at_rest;
  // Which device of the profile is this object? The one that there is, if there is one.
  std::function<bool(unsigned d, uint64_t ctx)> is_device;
  // dev_private_owner that the profile's owner has in this trace, 0 = not known
  std::function<uint64_t(unsigned owner)> owner;
  std::bitset<32> locks;  // kinds that have records of objects of this profile
  bool modelled = true;   // an explored execution: it has every record, and only what the profile says
};

class Paths {
 public:
  explicit Paths(model::Profile profile);

  const model::Profile& profile() const { return profile_; }
  // Is it a record that some instruction of these programs makes?
  bool has(uint16_t event) const { return alphabet_.test(event); }
  // Where a task begins that has not entered a program, and where a callback, or a finish pass, begins.
  std::vector<Walk> idle() const { return {Walk{}}; }
  std::vector<Walk> callback(uint64_t lo, uint64_t hi, bool finish) const;
  // Every place that there is: where a task may be of which nothing is known.
  const std::vector<Walk>& anywhere() const { return anywhere_; }
  // Every place that silent steps lead to. Empty: too many.
  std::vector<Walk> spread(const std::vector<Walk>& from, const Scene& scene, const ev_header& next) const;
  // Where this record leads from places that spread() gave.
  std::vector<Walk> take(const std::vector<Walk>& from, const Scene& scene, const ev_header& record) const;
  // "lock, or dev_map": what may come at these places.
  std::string expected(const std::vector<Walk>& at, const Scene& scene) const;

 private:
  struct Step;
  const model::Instr& at(const Walk& w) const {
    const Walk::Frame& f = w.frame[w.depth - 1u];
    return model_.programs[f.program].code[f.pc];
  }
  void silent(const Walk& w, const Scene& scene, const ev_header& next, std::vector<Walk>& out) const;
  void record(const Walk& w, const Scene& scene, const ev_header& r, std::vector<Walk>& out) const;
  void enter_fault(const Walk& w, std::vector<Walk>& out) const;
  bool lock_fits(const model::Instr& in, const Scene& scene, uint32_t kind) const;
  bool may_be_silent(const model::Instr& in, const Scene& scene) const;
  void find_roots();
  void find_alphabet();
  void find_anywhere();

  model::Profile profile_;
  model::Model model_;
  size_t own_ = 0;  // programs of the driver; behind them those of the environment
  std::vector<uint8_t> roots_, callbacks_, finishes_;
  std::vector<Walk> anywhere_;
  int to_ram_ = -1;  // migrate_to_ram: it runs wherever the kernel handles a fault
  std::bitset<EV_LIMIT> alphabet_;
  std::bitset<32> lock_kinds_;  // of its programs' locks
};

template <typename Ev>
const Ev& as(const ev_header& h) {
  return reinterpret_cast<const Ev&>(h);
}

// Which record an instruction makes, 0 = none; its return too if it is a kernel function.
struct Makes {
  uint16_t event = 0, ret = 0;
};
Makes makes(const model::Instr& in);

}  // namespace mirrorscope::conform
