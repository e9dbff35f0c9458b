// SPDX-License-Identifier: Apache-2.0
// The driver half of conformance: is what each task does for a mirroring object a path through the programs of its profile?
//
// A task is followed in one place set per profile (paths.h): outside of callbacks, and one more for each callback that it is inside of. What
// the device does in its own time (dma_end, job_end, flushes) is nobody's path: it only must have begun.
#pragma once

#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "driver-model/conform/divergence.h"
#include "driver-model/conform/paths.h"

namespace mirrorscope::conform {

class Driver {
 public:
  // With a profile every object is one of its; without, each is what its dev_ctx looks like.
  explicit Driver(const model::Profile* profile = nullptr);

  // First all records once: which notifiers belong to which object, which locks have records.
  void learn(const ev_header& record);
  // Then again, in time order.
  void step(const ev_header& record);
  void forget();

  const std::vector<Divergence>& divergences() const { return divergences_; }
  struct Object {
    uint64_t ctx = 0, mm = 0;
    std::string_view profile;
    Replayed replayed;
  };
  // Objects in the order of their first record; those without a profile have one that is empty.
  std::vector<Object> objects() const;

 private:
  struct Access {
    uint64_t start, end, begun, time;
  };
  struct Ctx {
    uint64_t ctx = 0, sub = 0, mm = 0, owner = 0;
    uint32_t driver = 0;
    unsigned index = 0;             // among those of its mm and profile
    const Paths* paths = nullptr;   // null: no profile is known
    std::vector<Access> in_flight;
    uint64_t since = 0;             // time from which on every access was seen, 0 = it was not
    Replayed replayed;
  };
  struct Place {  // where a task is
    const Paths* paths = nullptr;
    std::vector<Walk> walks;        // empty: not known
    Scene scene;                    // of a callback
    uint64_t sub = 0, cur_seq = 0;  // of a callback
    uint64_t before = 0;            // number of the record that it was last asked about
    uint64_t since = 0;             // time
    uint64_t ctx = 0;               // object that it last spoke of
  };
  struct Task {
    std::vector<Place> outside;    // one per profile
    std::vector<Place> callbacks;  // innermost last; without paths: of a sub whose object is not known
  };

  std::string_view name_of(const ev_dev_ctx&) const;
  const Paths* paths_named(std::string_view name, uint32_t driver);
  void keep_span(const ev_header&);
  Ctx& ctx_of(uint64_t ctx, const ev_header&, uint32_t driver);
  Ctx* of_sub(uint64_t sub);
  void introduce(const ev_dev_ctx&);
  void inserted(uint64_t sub);
  void retire(Ctx&);  // what was replayed of it is kept, its address may be another's
  void gone(const ev_dev_ctx_end&);
  void callback_entered(const ev_cb_enter&);
  void callback_returned(const ev_cb_ret&);
  void device(const ev_header&);
  void follow(const ev_header&, const Paths&, Ctx*);
  Task& task_of(const ev_header&);
  Place& place_of(Task&, const Paths&);
  uint64_t since(const Place&);
  void ask(const ev_header&, Place&, Ctx*);
  Scene scene_of(const Place&) const;
  bool at_rest(const Place&, unsigned device, uint64_t lo, uint64_t hi) const;
  bool too_many_objects() const { return ctxs_.size() > kMostObjects; }
  void diverge(const ev_header&, uint64_t ctx, uint64_t since, std::string allowed, std::string recorded);

  // More than any driver has. Of objects beyond that it is not asked which of a profile's devices each is, and when all of them were at rest.
  static constexpr size_t kMostObjects = 256;
  static constexpr size_t kMostInFlight = 4096;  // accesses of one object: ends were lost
  static constexpr size_t kMostNested = 16;      // callbacks that a task is inside of: returns were lost
  static constexpr size_t kMostTasks = 8192;     // followed at a time; with more it begins anew
  // What places have cost, each looked at once for a record, and what they may: so many for each record, and some saved up.
  static constexpr uint64_t kWorkPerRecord = 1024, kMostSaved = 1u << 20;
  uint64_t work_left_ = kMostSaved;

  const model::Profile* only_;
  std::map<std::pair<std::string_view, bool>, std::unique_ptr<Paths>> compiled_;  // by name, and whether as the reference driver has it
  std::unordered_map<uint64_t, Ctx> ctxs_;
  std::vector<uint64_t> order_;
  std::unordered_map<uint64_t, uint64_t> sub_ctx_;  // sub -> ctx: as said last, before that as the whole trace says first
  std::unordered_map<uint64_t, Task> tasks_;
  std::vector<Divergence> divergences_;
  std::map<std::string_view, std::bitset<32>> locks_;               // kinds that have records, by profile
  std::unordered_map<uint64_t, std::string_view> learnt_;           // profile, by ctx, while learning
  std::unordered_map<uint64_t, std::pair<uint64_t, uint64_t>> spans_;  // first and last byte, by sub
  std::vector<Object> past_;  // objects whose address is another's now
  bool modelled_ = true;  // no hook of a real driver has spoken
  bool gaps_ = false;     // records were lost: who begins may be in the middle
  uint64_t now_ = 0;
};

// Which profile an object is of, by what it promises; empty: none is like it.
// `whole`: its notifier watches the whole address space.
std::string_view profile_like(const ev_dev_ctx& e, bool whole = true);
// The mirroring object and the notifier that a driver's record is about, 0 where it has none; false: no hook's record.
struct About {
  uint64_t ctx = 0, sub = 0;
  uint32_t driver = 0;
};
bool about(const ev_header& record, About& to);

}  // namespace mirrorscope::conform
