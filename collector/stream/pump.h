// SPDX-License-Identifier: Apache-2.0
// How records get from the rings to where they go: in order, complete, every missing one accounted for.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "bpf/shared.h"
#include "collector/stream/about.h"
#include "collector/stream/losses.h"
#include "collector/stream/outlet.h"
#include "collector/stream/ring.h"
#include "collector/stream/sequence.h"

namespace mirrorscope {

// Sees every record as the kernel made it, in order per CPU, before its addresses are hashed.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void saw(const ev_header& record) = 0;
};

// What became of the records of one CPU. Balanced: produced == delivered + lost, and lost == dropped.
struct Books {
  uint16_t cpu;
  uint64_t produced;   // numbers that the probes took: ms_cpu::next_seq
  uint64_t dropped;    // of these, how many the probes say found no room: ms_cpu::dropped
  uint64_t delivered;  // records handed on
  uint64_t lost;       // gaps found between them
  bool balanced() const { return produced == delivered + lost && lost == dropped; }
};

class Pump {
 public:
  // `counters` are the programs' own, MS_MAX_CPUS of them, mapped; all that is passed in must outlive the pump.
  Pump(const ms_cpu* counters, Outlet& outlet, Hashing& hashing, Losses& losses, About& about, Watcher& watcher);

  // A CPU that can produce records. One that gets no ring produces nothing but losses.
  void add_cpu(uint16_t cpu, std::optional<Ring> ring);

  // Reads everything that is in the rings now.
  Result<void> drain();
  // From time to time, after drain(): begins to find out what is lost up to now, unless that is still going on. It is
  // written down as soon as everything that was reserved up to now has been read, here or in a later drain().
  Result<void> tick();
  // At the end, when programs have been told to stop: false while one of them may still be about to finish its record.
  // Once true, every number is delivered or lost, and both are in the trace.
  Result<bool> finish();

  // Once finish() has returned true: says what each CPU's stream holds, for good.
  void close_accounts();

  std::vector<Books> books() const;
  uint64_t delivered() const;
  uint64_t lost() const;

 private:
  struct Cpu {
    Cpu(uint16_t number_of_cpu, std::optional<Ring> its_ring, const Pump& pump)
        : cpu(number_of_cpu), ring(std::move(its_ring)), sequence(pump.began_), out(cpu, pump.outlet_, pump.hashing_) {}
    uint16_t cpu;
    std::optional<Ring> ring;
    Sequence<const ev_header*> sequence;
    StreamOut out;
    bool ahead = false;      // its clock was seen to be, and that was said
    uint64_t accounted = 0;  // its sequence.next() when the last account was made
    // What the settlement under way waits for: the promise of sequence.h, made with the CPU's own counter.
    uint64_t number = 0, position = 0;
    bool reached = true;
  };
  void read(Cpu& c);
  void settle_cpu(Cpu& c);
  void deliver(Cpu& c, const ev_header* record);
  void lose(Cpu& c, const Gap& gap);
  void look_at_clock(Cpu& c);
  void account(Cpu& c, bool last);
  void begin_settlement();
  Result<void> settle_if_reached();
  Result<void> flush();

  const ms_cpu* counters_;
  Outlet& outlet_;
  Hashing& hashing_;
  Losses& losses_;
  About& about_;
  Watcher& watcher_;
  uint64_t began_;
  std::vector<std::unique_ptr<Cpu>> cpus_;
  std::optional<uint64_t> settling_;  // the time up to which everything is being read
  uint64_t settled_numbers_ = 0;
  uint64_t accounts_made_ = 0;  // the time of the last accounts
  Result<void> broken_;  // a record that no probe of ours can have made
};

}  // namespace mirrorscope
