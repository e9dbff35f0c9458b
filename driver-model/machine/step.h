// SPDX-License-Identifier: Apache-2.0
// One step of one thread: (state, thread, choice) -> state, and the records that a probe would have taken.
#pragma once

#include <cstddef>
#include <vector>

#include "driver-model/machine/model.h"
#include "driver-model/machine/oracle.h"
#include "schema/events.h"

namespace mirrorscope::model {

// Records of one execution, one behind the other. Numbers and times are given when they are read (number_records).
class Records {
 public:
  struct Mark {
    size_t bytes, count, passes;
  };
  Mark mark() const { return {bytes_.size(), count_, passes_.size()}; }
  void cut(Mark m) {
    bytes_.resize(m.bytes);
    count_ = m.count;
    passes_.resize(m.passes);
  }
  // So much time goes by before the next record.
  void pass(uint64_t ns) { passes_.push_back({bytes_.size(), ns}); }
  // Of the last record, or of what has gone by since.
  uint64_t last_time() const;
  size_t count() const { return count_; }
  template <typename Ev>
  Ev& add() {
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof(Ev));
    ++count_;
    return *new (bytes_.data() + at) Ev{};
  }
  // Gives every record its time and its number on its CPU, and hands it over in order.
  template <typename Take>
  void each(Take take);

 private:
  // ten microseconds apart: more than the doubt about clocks of two CPUs (Mirror::kClockSlack)
  static constexpr uint64_t kBegin = 1'000'000'000, kStep = 10'000;
  struct Pass {
    size_t at;  // the record that begins here is so much later
    uint64_t ns;
  };
  std::vector<std::byte> bytes_;
  std::vector<Pass> passes_;
  size_t count_ = 0;
};

// What came of a step besides the state.
struct Outcome {
  Hits hits = 0;              // what the oracle saw
  Records* records = nullptr; // null: none are made
};

// Threads that can go on. Daemons are among them.
bool ready(const Model& model, const State& s, unsigned thread);
// How many outcomes its next step has: 1, or 2 at a maybe().
unsigned choices(const Model& model, const State& s, unsigned thread);
// The thread must be ready. Runs one instruction that touches something others can touch, and what follows as long as nobody can tell.
void step(const Model& model, State& s, unsigned thread, unsigned choice, Outcome& out);
// Brings every thread in front of its first instruction that others can notice.
void settle(const Model& model, State& s, Outcome& out);

// What was registered before the first step, as records of the first thread.
void record_beginning(const Model& model, Records& records);

bool ended(const Model& model, const State& s);  // every thread that is no daemon has ended

}  // namespace mirrorscope::model

#include "schema/catalog.h"
namespace mirrorscope::model {
inline uint64_t Records::last_time() const {
  uint64_t time = kBegin + kStep * count_;
  for (const Pass& p : passes_) time += p.ns;
  return time;
}
template <typename Take>
void Records::each(Take take) {
  uint64_t time = kBegin;
  auto pass = passes_.begin();
  uint32_t next[kThreads]{};
  for (size_t at = 0; at < bytes_.size();) {
    auto& h = *reinterpret_cast<ev_header*>(bytes_.data() + at);
    for (; pass != passes_.end() && pass->at == at; ++pass) time += pass->ns;
    h.time = time += kStep;
    h.seq = next[h.cpu]++;
    take(static_cast<const ev_header&>(h));
    at += record_sizes[h.id];
  }
}
}  // namespace mirrorscope::model
