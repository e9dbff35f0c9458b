// SPDX-License-Identifier: Apache-2.0
// In which order the records of one CPU were made, and which of them are missing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace mirrorscope {

// A run of missing numbers between two neighbours.
struct Gap {
  uint64_t count;
  uint64_t from;   // time of the neighbour before, the start of the recording if there is none
  uint64_t until;  // time of the neighbour after
};

/*
 * A program reserves its slot in the ring first and takes (time, number) last, and programs preempt each other, so the
 * order in the ring is not the order of numbers (bpf/emit.bpf.h). A number that is not there yet is either still behind
 * us in the ring or lost. Told apart by this: whoever took a number below N had reserved before N was taken. So once N
 * has been seen, and then the producer position P was read, everything below N that is in the ring at all lies before
 * P:
 *
 *     when the ring has been read up to P, every number below N that did not come is lost.      (a promise: {N, P})
 *
 * A gap makes such a promise with the first number seen behind it; the collector's timer makes one with the CPU's own
 * counter, which also finds what was lost at the very end.
 */
template <typename Record>
class Sequence {
 public:
  explicit Sequence(uint64_t began) : last_time_(began) {}

  // The next number to deliver: every number below it was delivered or is counted in lost().
  uint64_t next() const { return next_; }
  uint64_t delivered() const { return delivered_; }
  // The number behind that of the last record delivered, 0 if there is none: what is lost behind it is not counted.
  uint64_t delivered_to() const { return delivered_to_; }
  uint64_t lost() const { return lost_; }
  // Records whose number had been given up: 0, or the promise above is broken and the books will not balance.
  uint64_t late() const { return late_; }
  bool waiting() const { return head_ < pending_.size(); }
  // The time of the first record that waits behind a gap, the end of time if none does.
  uint64_t first_waiting() const { return waiting() ? pending_[head_].time : ~uint64_t{0}; }
  // The lowest ring position that a waiting record occupies: nothing from there on may be released.
  std::optional<uint64_t> held() const;

  // A record was read from the ring. In the usual case it is delivered at once.
  template <typename Deliver>
  void arrive(uint32_t number, uint64_t time, uint64_t position, const Record& record, Deliver&& deliver);

  // Says which gaps are lost by now. `read_to` is how far the ring has been read, `produced` its producer position read
  // just now, after the last arrive().
  template <typename Deliver, typename Lost>
  void settle(uint64_t read_to, uint64_t produced, Deliver&& deliver, Lost&& lost);

  // Keeps the promise {number, P} after the ring has been read to P: everything below `number` is delivered or lost.
  template <typename Deliver, typename Lost>
  void settle_below(uint64_t number, uint64_t now, Deliver&& deliver, Lost&& lost);

 private:
  struct Waiting {
    uint64_t number, time, position;
    Record record;
  };
  // The counter in the record is 32 bits wide; ours is not. Numbers in flight are closer together than 2^31.
  uint64_t widen(uint32_t number) const {
    return next_ +
           static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(number - static_cast<uint32_t>(next_))));
  }
  template <typename Deliver>
  void give(uint64_t time, const Record& record, Deliver&& deliver) {
    delivered_to_ = ++next_;
    ++delivered_;
    last_time_ = time;
    deliver(record);
  }
  template <typename Deliver>
  void give_waiting(Deliver&& deliver);
  template <typename Lost>
  void lose_up_to(uint64_t number, uint64_t until, Lost&& lost) {
    lost(Gap{number - next_, last_time_, until});
    lost_ += number - next_;
    next_ = number;
  }

  uint64_t next_ = 0, delivered_to_ = 0, delivered_ = 0, lost_ = 0, late_ = 0;
  uint64_t last_time_;
  std::vector<Waiting> pending_;  // sorted by number from head_ on
  size_t head_ = 0;
  struct Promise {
    uint64_t number, position;
  };
  std::optional<Promise> promise_;
};

template <typename Record>
std::optional<uint64_t> Sequence<Record>::held() const {
  std::optional<uint64_t> lowest;
  for (size_t i = head_; i < pending_.size(); ++i)
    if (!lowest || pending_[i].position < *lowest) lowest = pending_[i].position;
  return lowest;
}

template <typename Record>
template <typename Deliver>
void Sequence<Record>::arrive(uint32_t number, uint64_t time, uint64_t position, const Record& record,
                              Deliver&& deliver) {
  if (number == static_cast<uint32_t>(next_) && !waiting()) return give(time, record, deliver);
  // Nearly sorted already: how far a record sinks is how deep programs were nested.
  const Waiting entry{widen(number), time, position, record};
  if (entry.number < next_) {
    ++late_;
    return;
  }
  pending_.push_back(entry);
  size_t at = pending_.size() - 1;
  for (; at > head_ && pending_[at - 1].number > entry.number; --at) pending_[at] = pending_[at - 1];
  pending_[at] = entry;
  give_waiting(deliver);
}

template <typename Record>
template <typename Deliver>
void Sequence<Record>::give_waiting(Deliver&& deliver) {
  while (waiting() && pending_[head_].number == next_) {
    const Waiting& first = pending_[head_++];
    give(first.time, first.record, deliver);
  }
  if (!waiting()) {
    pending_.clear();
    head_ = 0;
    promise_.reset();
  } else if (head_ > 4096 && head_ > pending_.size() / 2) {
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
}

template <typename Record>
template <typename Deliver, typename Lost>
void Sequence<Record>::settle(uint64_t read_to, uint64_t produced, Deliver&& deliver, Lost&& lost) {
  while (waiting()) {
    if (!promise_ || promise_->number <= next_) promise_ = Promise{pending_[head_].number, produced};
    if (read_to < promise_->position) return;
    lose_up_to(pending_[head_].number, pending_[head_].time, lost);
    give_waiting(deliver);
  }
}

template <typename Record>
template <typename Deliver, typename Lost>
void Sequence<Record>::settle_below(uint64_t number, uint64_t now, Deliver&& deliver, Lost&& lost) {
  while (waiting() && pending_[head_].number < number) {
    lose_up_to(pending_[head_].number, pending_[head_].time, lost);
    give_waiting(deliver);
  }
  if (next_ < number) {
    lose_up_to(number, waiting() ? pending_[head_].time : now, lost);
    give_waiting(deliver);
  }
}

}  // namespace mirrorscope
