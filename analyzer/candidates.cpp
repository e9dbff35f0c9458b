// SPDX-License-Identifier: Apache-2.0
// How causes are told apart, and which breach of a stretch of time stands for the others.
#include "analyzer/candidates.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace mirrorscope {

namespace {

uint64_t mix(uint64_t hash, uint64_t value) { return (hash ^ value) * 0x100000001b3ull; }  // FNV-1a, a word at a time

// The order in which "the first" is meant: complete, so that it does not matter who came first to us.
auto order(const Candidate& c) { return std::tuple(c.completing.time, c.completing.cpu, c.completing.seq, c.from, std::string_view(c.what)); }

uint64_t width(const Candidate& c) { return c.until() - std::min(c.from, c.until()); }
uint64_t width_of_driver(const Candidate& c) { return c.until() - std::min({c.from, c.of_driver, c.until()}); }

bool narrower(const Candidate& a, const Candidate& b) {
  return std::tuple(width_of_driver(a), width(a), order(a)) < std::tuple(width_of_driver(b), width(b), order(b));
}

}  // namespace

void Candidates::Stretch::take(Candidate candidate, uint64_t many) {
  if (!count || narrower(candidate, narrowest)) narrowest = std::move(candidate);
  count += many;
}

uint64_t cause_of(const Candidate& c) {
  uint64_t hash = mix(0xcbf29ce484222325ull, c.fn);
  for (const Evidence& e : c.evidence) hash = mix(hash, e.event.id);
  // numbers out: "0x7f0012000", "17" and "1.5" are values, what is left says what happened
  bool in_number = false;
  for (const char c1 : c.what) {
    const bool digit = c1 >= '0' && c1 <= '9';
    const bool goes_on = in_number && ((c1 >= 'a' && c1 <= 'f') || c1 == 'x');
    in_number = digit || goes_on;
    if (!in_number) hash = mix(hash, static_cast<unsigned char>(c1));
  }
  return hash;
}

void Candidates::Cause::add(Candidate candidate, uint64_t count) {
  count_ += count;
  if (count > 1) return add_to_spread(std::move(candidate), count);
  const auto at = std::upper_bound(first_.begin(), first_.end(), candidate,
                                   [](const Candidate& a, const Candidate& b) { return order(a) < order(b); });
  if (first_.size() < kFirst) {
    first_.insert(at, std::move(candidate));
    return;
  }
  if (at != first_.end()) {
    Candidate last = std::move(first_.back());
    // `at` is in front of the last one, which makes room
    std::move_backward(at, first_.end() - 1, first_.end());
    *at = std::move(candidate);
    candidate = std::move(last);
  }
  add_to_spread(std::move(candidate), 1);
}

void Candidates::Cause::add_to_spread(Candidate candidate, uint64_t count) {
  spread_[candidate.completing.time >> shift_].take(std::move(candidate), count);
  while (spread_.size() > kSpread) widen();
}

void Candidates::Cause::widen() {
  ++shift_;
  std::map<uint64_t, Stretch> wider;
  for (auto& [at, s] : spread_) wider[at >> 1].take(std::move(s.narrowest), s.count);
  spread_ = std::move(wider);
}

// What another one had to widen for is among what both have: so the result is that of one that saw everything.
void Candidates::Cause::add(const Cause& other) {
  while (shift_ < other.shift_) widen();
  other.each([this](const Candidate& c, uint64_t count) { add(c, count); });
}

void Candidates::add(Candidate candidate) {
  const uint64_t key = cause_of(candidate);
  const auto known = causes_.find(key);
  if (known != causes_.end()) return known->second.add(std::move(candidate), 1);
  if (causes_.size() < kCauses) return causes_[key].add(std::move(candidate), 1);
  const auto largest = std::prev(causes_.end());
  if (key > largest->first) return others_.add(std::move(candidate), 1);
  others_.add(largest->second);
  causes_.erase(largest);
  causes_[key].add(std::move(candidate), 1);
}

void Candidates::add(const Candidates& other) {
  for (const auto& [key, cause] : other.causes_) {
    causes_[key].add(cause);
    if (causes_.size() <= kCauses) continue;
    const auto largest = std::prev(causes_.end());
    others_.add(largest->second);
    causes_.erase(largest);
  }
  others_.add(other.others_);
}

}  // namespace mirrorscope
