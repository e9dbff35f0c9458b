// SPDX-License-Identifier: Apache-2.0
// What is taken from every record once, however many engines judge: how many there are, which are missing, what the trace says of itself.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "analyzer/engine/names.h"
#include "analyzer/losses/accounts.h"
#include "analyzer/losses/losses.h"
#include "analyzer/rule.h"
#include "schema/catalog.h"

namespace mirrorscope {

// What became of the probes, from the trace's probe_state records.
struct ProbeSummary {
  uint32_t event = 0;
  std::string function;
  uint32_t how = 0;
  int32_t error = 0;
};

class Intake {
 public:
  explicit Intake(const TraceFacts& facts);

  // What is left to do with a record.
  struct Order {
    bool forget = false;  // records were lost in front of it: Mirror::forget() first
    bool judge = true;    // it says something about the kernel, or about what a mirror may rely on
  };

  // Takes a record about the kernel that follows the last one of its CPU, as nearly all do. False: it is not of that kind, take() it.
  bool take_in_sequence(const ev_header& record) {
    if (record.id >= first_of_the_recorder || !accounts_.follows(record)) [[unlikely]]
      return false;
    last_time_ = record.time;
    ++by_event_[record.id];
    return true;
  }

  Order take(const ev_header& record) {
    if (!first_time_) [[unlikely]]
      begin_with(record);
    last_time_ = record.time;
    ++by_event_[record.id % EV_LIMIT];
    const bool missing = record.cpu != MS_ABOUT_CPU ? accounts_.take(record, losses_) : about_is_missing(record);
    if (record.id < first_of_the_recorder) [[likely]]
      return {missing, true};
    const Order order = about(record);
    return {missing || order.forget, order.judge};
  }

  // What only the reader of the packets sees; before finish().
  void heads_say(uint16_t cpu, uint64_t discarded) {
    if (cpu != MS_ABOUT_CPU) accounts_.heads_say(cpu, discarded, losses_);
  }
  // After the last record, once: what was promised and did not come.
  void finish();

  std::string not_observable_because(const RuleDef& rule) const;
  // Were the losses accounted for up to the end? No, if a recorder was killed.
  bool settled() const { return !live_ || stopped_; }
  // A recording of which nobody can say which probes it had: nothing in it can be judged.
  bool blind() const { return facts_.recorded && probes_.empty(); }

  uint64_t first_time() const { return first_time_; }
  uint64_t last_time() const { return last_time_; }
  bool stopped() const { return stopped_; }
  const std::array<uint64_t, EV_LIMIT>& by_event() const { return by_event_; }
  const std::vector<ProbeSummary>& probes() const { return probes_; }
  const Names& names() const { return names_; }
  LossLog& losses() { return losses_; }

 private:
  void begin_with(const ev_header& first);
  // Is a record of the recorder itself missing in front of this one?
  bool about_is_missing(const ev_header& record);
  Order about(const ev_header& record);

  TraceFacts facts_;
  LossLog losses_;
  StreamAccounts accounts_;
  uint32_t about_next_ = 0;
  uint64_t accounted_until_ = 0;
  uint64_t stopped_delivered_ = 0;
  Names names_;
  std::vector<ProbeSummary> probes_;
  EventSet attached_;
  bool probes_known_ = false;
  bool live_ = false;  // a recorder wrote this: it settles its losses
  bool stopped_ = false;
  uint64_t settled_until_ = 0;
  uint64_t first_time_ = 0;
  uint64_t last_time_ = 0;
  std::array<uint64_t, EV_LIMIT> by_event_{};
};

}  // namespace mirrorscope
