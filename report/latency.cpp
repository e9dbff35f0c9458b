// SPDX-License-Identifier: Apache-2.0
// How calls are told apart and counted; a call is looked at once.
#include "report/latency.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <tuple>

#include "report/values.h"

namespace mirrorscope {

namespace {
constexpr uint16_t kNone = UINT16_MAX;

struct Where {
  uint16_t fn = 0;  // offsets in the record, 0 = the event has none
  uint16_t reason = 0;
};

const std::array<Where, EV_LIMIT> kWhere = [] {
  std::array<Where, EV_LIMIT> table{};
  for (const EventInfo& e : catalog::events)
    for (const FieldInfo& f : e.fields) {
      if (f.name == "fn") table[e.id].fn = f.offset;
      if (f.name == "reason") table[e.id].reason = f.offset;
    }
  return table;
}();
}  // namespace

size_t Latency::bucket_of(uint64_t ns) {
  if (ns < 8) return ns;
  const auto power = static_cast<size_t>(std::bit_width(ns) - 1);
  return (power - 2) * 8 + (ns >> (power - 3) & 7);
}

uint64_t Latency::bucket_begin(size_t bucket) {
  if (bucket < 8) return bucket;
  return (8 + bucket % 8) << (bucket / 8 - 1);
}

uint64_t Latency::Histogram::percentile(double share) const {
  const auto wanted = static_cast<uint64_t>(std::ceil(share * static_cast<double>(count)));
  uint64_t seen = 0;
  for (size_t i = 0; i + 1 < kBuckets; ++i)
    if (seen += buckets[i]; seen >= wanted) return std::min(max, bucket_begin(i + 1) - 1);
  return max;
}

double Latency::percentile(const Buckets& buckets, double share) {
  double count = 0, seen = 0;
  for (const auto& [bucket, n] : buckets) count += static_cast<double>(n);
  const double wanted = share * count;
  for (const auto& [bucket, n] : buckets) {
    const auto in_it = static_cast<double>(n);
    const auto from = static_cast<double>(bucket_begin(bucket));
    const auto until = static_cast<double>(bucket_begin(bucket + 1));
    if (seen + in_it >= wanted) return from + (until - from) * (wanted - seen) / in_it;
    seen += in_it;
  }
  return 0;
}

uint64_t Latency::own_time(uint32_t tid, uint64_t whole) {
  std::vector<uint64_t>& open = inside_[tid];
  if (open.empty()) return whole;
  const uint64_t inside = open.back();
  open.pop_back();
  if (!open.empty()) open.back() += whole;
  return whole - std::min(inside, whole);
}

void Latency::end(const ev_header& entry, uint64_t time, const ev_header* exit) {
  const uint64_t ns = time - entry.time;
  const uint64_t own = width_ ? own_time(entry.tid, ns) : 0;
  if (!exit) return;
  Key key{0, entry.id, kNone};
  const Where& where = kWhere[entry.id % EV_LIMIT];
  const char* bytes = reinterpret_cast<const char*>(&entry);
  if (where.fn) std::memcpy(&key.fn, bytes + where.fn, sizeof(key.fn));
  if (where.reason) std::memcpy(&key.reason, bytes + where.reason, sizeof(key.reason));
  if (calls_.size() >= kCalls && !calls_.contains(key)) key.fn = 0, key.reason = kNone;
  auto [it, is_new] = calls_.try_emplace(key);
  if (is_new) it->second.first = KeptRecord(entry);
  Histogram& h = it->second.histogram;
  ++h.count;
  h.total += ns;
  h.max = std::max(h.max, ns);
  ++h.buckets[bucket_of(ns)];
  if (!width_) return;
  it->second.own.resize(kStretches);
  ++it->second.own[std::min<uint64_t>((time - std::min(from_, time)) / width_, kStretches - 1)][static_cast<uint32_t>(bucket_of(own))];
}

std::vector<Latency::Row> Latency::rows(const Names& names, size_t most) const {
  std::vector<Row> rows;
  for (const auto& [key, kept] : calls_) {
    std::string reason(key.reason == kNone ? std::string_view() : label_of(catalog::enum_reason, key.reason));
    rows.push_back({key.event, function_of(*kept.first, names), std::move(reason), kept.histogram, kept.own});
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    if (a.histogram.count != b.histogram.count) return a.histogram.count > b.histogram.count;
    return std::tie(a.event, a.function, a.reason) < std::tie(b.event, b.function, b.reason);
  });
  if (rows.size() > most) rows.resize(most);
  return rows;
}

}  // namespace mirrorscope
