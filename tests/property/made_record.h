// SPDX-License-Identifier: Apache-2.0
// Records that nobody recorded: of any event, with any value in any field, by the table of events.
#pragma once

#include <cstring>
#include <deque>
#include <vector>

#include "schema/catalog.h"

namespace mirrorscope::test {

// Records that stay where they are, each 100 ns after the one before, numbered per CPU.
class Made {
 public:
  ev_header& add(const EventInfo& event, uint64_t mm, uint32_t tid, uint16_t cpu = 0) {
    bytes_ += event.size;
    auto& record = records_.emplace_back((event.size + 7u) / 8u);
    auto& h = *new (record.data()) ev_header{};
    time_ += 100;
    h.time = time_;
    h.id = event.id;
    h.cpu = event.kind == EventKind::about ? uint16_t{MS_ABOUT_CPU} : cpu;
    h.seq = event.kind == EventKind::about ? about_seq_++ : seq_[cpu % 4]++;
    h.mm = mm;
    h.tid = h.tgid = tid;
    return h;
  }
  static void put(ev_header& h, const FieldInfo& f, uint64_t value) {
    for (size_t i = 0; i < f.count; ++i) std::memcpy(reinterpret_cast<char*>(&h) + f.offset + i * f.size, &value, f.size);
  }
  static void put(ev_header& h, std::string_view field, uint64_t value) {
    for (const FieldInfo& f : event_info(h.id)->fields)
      if (f.name == field) put(h, f, value);
  }
  template <typename Sink>
  void tell(Sink sink) const {
    for (const auto& record : records_) sink(*reinterpret_cast<const ev_header*>(record.data()));
  }
  size_t size() const { return records_.size(); }
  size_t bytes() const { return bytes_; }
  uint64_t last_time() const { return time_; }

 private:
  std::deque<std::vector<uint64_t>> records_;
  uint32_t seq_[4] = {};
  uint32_t about_seq_ = 0;
  uint64_t time_ = 1'000'000'000;
  size_t bytes_ = 0;
};

}  // namespace mirrorscope::test
