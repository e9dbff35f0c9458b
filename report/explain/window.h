// SPDX-License-Identifier: Apache-2.0
// Which records tell the story of a finding: its evidence, the invalidation behind it, and what the same objects met meanwhile.
#pragma once

#include <deque>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "analyzer/engine/engine.h"
#include "report/kept_record.h"
#include "report/render/text.h"

namespace mirrorscope {

struct WindowRow {
  const ev_header* record = nullptr;        // a copy that the Windows keep
  const Evidence* evidence = nullptr;  // null: this one is here for context
};

struct Window {
  std::vector<WindowRow> rows;              // in time order
  size_t left_out = 0;                      // records of the same objects between the evidence that are not in `rows`
  const ev_header* invalidation = nullptr;  // the inv_start behind it, if it is in `rows` that one; null if none is known
};

// Gathers the windows of some findings in one pass over the trace.
class Windows {
 public:
  static constexpr size_t kContext = 12;  // rows besides the evidence

  Windows(std::span<const Candidate* const> findings, const RecordFinder& find);
  // Every record, in time order.
  void see(const ev_header& record);
  // Nothing from this time on belongs to one of them.
  bool are_past(uint64_t time) const { return time > until_; }
  // Of one of the findings, once everything was seen. Valid as long as this.
  Window of(const Candidate& finding) const;

 private:
  struct Identity {
    uint16_t field;  // index into the names of window.cpp
    uint64_t value;
    bool operator==(const Identity&) const = default;
  };
  struct Gathered {
    const Candidate* finding;
    uint64_t from;
    uint64_t until;
    std::vector<Identity> objects;
    std::vector<std::pair<KeptRecord, const Evidence*>> evidence;
    std::deque<KeptRecord> context;
    size_t left_out = 0;
    KeptRecord invalidation;
    bool invalidation_proves = false;  // it belongs to the evidence, not only to the context
  };

  static constexpr size_t kMostOpen = 64;  // invalidations of one task: more than it ever has at a time

  static std::vector<Identity> objects_of(const ev_header& record);
  void watch_invalidations(const ev_header& record);
  void take(Gathered& window, const ev_header& record, const Evidence* evidence);

  std::vector<Gathered> windows_;
  std::unordered_map<uint32_t, std::vector<KeptRecord>> open_;  // by tid: invalidations that are not over
  uint64_t until_ = 0;
};

}  // namespace mirrorscope
