// SPDX-License-Identifier: Apache-2.0
// Does each CPU's stream hold what the recorder says that it put there? Numbers that are missing between two records are seen by themselves;
// a stream that is gone, that ends too early or that begins in the middle leaves none, and times that were moved look like any other. So the
// recorder notes now and then how far each stream has come (cpu_account), and this compares.
//
// Records must come in the order of time, and of equal times those of the recorder last, as trace::Merge gives them.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/losses/losses.h"

namespace mirrorscope {

// What is known of a trace before its first record.
struct TraceFacts {
  bool recorded = false;        // by a recorder, from a running kernel: it has accounts, its numbers begin at 0, and probes that nothing is
                                // said of are not there
  bool begins_in_middle = false;  // segments in front were deleted
};

class StreamAccounts {
 public:
  void begin(const TraceFacts& facts) { facts_ = facts; }

  // A record of a CPU. True: it is the one that follows, and take() would find nothing to say about it.
  bool follows(const ev_header& h) {
    if (h.cpu >= cpus_.size()) [[unlikely]]
      return false;
    Cpu& c = cpus_[h.cpu];
    if (c.next != h.seq || c.noted == h.seq || h.time < c.plain_from || h.time > c.plain_until) [[unlikely]]
      return false;
    c.next = h.seq + 1u;
    c.last_time = h.time;
    return true;
  }
  // Any record of a CPU. True: records are missing in front of it.
  bool take(const ev_header& h, LossLog& losses);
  // True: it turned out that records are missing.
  bool take(const ev_cpu_account& e, LossLog& losses);
  // After the last record: the heads of a CPU's packets count so many records as lost in front of them (events_discarded).
  void heads_say(uint16_t number, uint64_t discarded, LossLog& losses);
  struct End {
    uint64_t last_time = 0;        // of any record
    uint64_t accounted_until = 0;  // every CPU that had records by then was counted
    bool stopped = false;          // in order: every record was counted
  };
  // After the last record: what is still due never came, and what was never counted is not the recorder's.
  void finish(const End& end, LossLog& losses);
  // By all final accounts.
  uint64_t delivered() const { return delivered_; }

  // How far a time may be from what was noted: a Writer moves the first records of a packet by a few ns (FORMAT.md, "Times").
  static constexpr uint64_t kClockMargin = 1000;

 private:
  static constexpr uint64_t kNone = UINT64_MAX;  // no sequence number, they have 32 bits
  struct Cpu {
    uint64_t next = kNone;   // number that should come; none: nothing was heard of this CPU yet, and it may begin anywhere
    uint64_t noted = kNone;  // number whose time the recorder noted, and that is still to come
    uint64_t first_time = 0;
    uint64_t last_time = 0;
    uint64_t noted_time = 0;
    uint64_t account_next = 0;  // of the last account
    uint64_t account_time = 0;  // the time of the last record that it counts
    uint64_t found_until = 0;   // of the last account whose last record was found: until when none is missing
    uint64_t missing = 0;       // numbers that were missing so far
    uint64_t short_by = 0;      // records that were said to be missing behind `next`
    uint64_t plain_from = kNone;  // times that say nothing of a record that follows; none: it has to be looked at in any case
    uint64_t plain_until = 0;
    bool clock_said = false;
  };
  Cpu& cpu(uint16_t number);
  void compare(Cpu& c, uint16_t number, uint64_t time, LossLog& losses);
  void clock_is_wrong(Cpu& c, uint16_t number, LossLog& losses);
  void note(Cpu& c, uint16_t number, const ev_cpu_account& e, LossLog& losses);
  static void see_what_is_plain(Cpu& c);
  static bool uncounted(const Cpu& c, const End& end);
  static int64_t to_come(const Cpu& c, uint64_t next);  // until number `next`, less than 0: it has been
  bool overdue(Cpu& c, uint16_t number, uint64_t now, LossLog& losses);

  TraceFacts facts_;
  std::vector<Cpu> cpus_;  // by number, as many as were heard of
  uint64_t delivered_ = 0;
};

}  // namespace mirrorscope
