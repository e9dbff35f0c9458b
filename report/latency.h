// SPDX-License-Identifier: Apache-2.0
// How long calls take: a histogram per function, and for those that invalidate per reason.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/engine/names.h"
#include "report/kept_record.h"
#include "report/slices.h"
#include "schema/events.h"

namespace mirrorscope {

class Latency final : Slices::Sink {
 public:
  // Eight buckets per doubling: a percentile is off by 9 % at most.
  static constexpr size_t kBuckets = 64 * 8;
  static size_t bucket_of(uint64_t ns);
  static uint64_t bucket_begin(size_t bucket);  // ns

  struct Histogram {
    uint64_t count = 0;
    uint64_t total = 0;  // ns
    uint64_t max = 0;    // ns
    std::array<uint32_t, kBuckets> buckets{};
    // The largest value of the bucket in which the share ends, no more than max.
    uint64_t percentile(double share) const;
  };
  // A histogram of few buckets, by their numbers.
  using Buckets = std::map<uint32_t, uint64_t>;
  // The time that the share (0 to 1) of the calls did not exceed, ns: linear within a bucket. 0 without calls.
  static double percentile(const Buckets& buckets, double share);

  struct Row {
    uint16_t event = 0;
    std::string function;
    std::string reason;  // empty if the function has none
    Histogram histogram;
    // Of each stretch of the trace, if that was asked for: the time of the calls that ended in it without the calls that were inside of them.
    std::vector<Buckets> own;
  };

  static constexpr size_t kStretches = 16;
  static constexpr size_t kCalls = 4096;  // kept apart by function and reason; others are counted together by event

  Latency() = default;
  // Calls are kept apart by stretch, too: of `width` ns from this time on, the last one without an end.
  Latency(uint64_t from, uint64_t width) : from_(from), width_(width) {}

  // Every record, in time order.
  void see(const ev_header& record) {
    if (record.cpu != MS_ABOUT_CPU) slices_.see(record);
  }
  // Those with the most calls first, at most `most`.
  std::vector<Row> rows(const Names& names, size_t most) const;

 private:
  void begin(const ev_header& entry) override {
    if (width_) inside_[entry.tid].push_back(0);
  }
  void end(const ev_header& entry, uint64_t time, const ev_header* exit) override;
  void instant(const ev_header&) override {}

  struct Key {
    uint64_t fn;
    uint16_t event;
    uint16_t reason;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    size_t operator()(const Key& k) const { return (k.fn ^ uint64_t{k.event} << 48 ^ uint64_t{k.reason} << 40) * 0x9e3779b97f4a7c15ull >> 7; }
  };
  // Of a call that ends: its time without that of the calls inside of it.
  uint64_t own_time(uint32_t tid, uint64_t whole);

  struct Kept {
    KeptRecord first;  // for its name
    Histogram histogram;
    std::vector<Buckets> own;
  };
  std::unordered_map<Key, Kept, Hash> calls_;
  uint64_t from_ = 0;
  uint64_t width_ = 0;  // 0: not by stretch
  std::unordered_map<uint32_t, std::vector<uint64_t>> inside_;  // by tid: ns of the calls in each open one, outermost first
  Slices slices_{*this};
};

}  // namespace mirrorscope
