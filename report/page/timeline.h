// SPDX-License-Identifier: Apache-2.0
// The bars around findings: calls and spans that were open while the evidence came about, a bounded number per finding.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "report/explain/window.h"
#include "report/slices.h"
#include "report/spans.h"

namespace mirrorscope {

struct Bar {
  KeptRecord begin;  // the entry, or the record itself
  KeptRecord end;    // the return or what ended the span; nothing if it is not in the trace
  uint64_t from = 0;
  uint64_t until = 0;
  SpanKind span = SpanKind::kinds;   // kinds = a call or a point
};

struct Around {
  uint64_t from = 0;
  uint64_t until = 0;
  std::vector<Bar> bars;    // by begin, the longer first
  uint64_t left_out = 0;    // bars of the same time that are not in `bars`
};

// One pass for all findings.
class Timelines final : Slices::Sink, Spans::Sink {
 public:
  // At most `bars` per finding, besides those that the evidence is on.
  Timelines(std::span<const Candidate* const> findings, const RecordFinder& find, size_t bars);
  void see(const ev_header& record);
  void finish();
  // Of the finding at this place of the constructor's list, once finished.
  Around around(size_t finding) const;

 private:
  struct Gathered {
    const Candidate* finding;
    uint64_t from;
    uint64_t until;
    std::vector<EventRef> evidence;
    std::vector<uint32_t> tids;
    std::vector<uint64_t> objects;  // subs and mirroring objects of the evidence
    std::deque<Bar> proof;
    std::deque<Bar> near;  // of the same tasks and objects
    std::deque<Bar> rest;  // of the same mm
    size_t later = 0;      // of both, begun after the finding was complete
    uint64_t left_out = 0;
  };
  void begin(const ev_header&) override {}
  void end(const ev_header& entry, uint64_t time, const ev_header* exit) override;
  void instant(const ev_header& record) override;
  void span(SpanKind kind, const ev_header& begin, uint64_t time, const ev_header* end) override;
  // Of a bar that is copied only if somebody keeps it.
  struct Seen {
    const ev_header& begin;
    const ev_header* end;
    uint64_t from;
    uint64_t until;
    SpanKind span;
  };
  void put(const Seen& seen);
  // The list of the finding that it belongs to, null if to none.
  std::deque<Bar>* place_of(Gathered& gathered, const Seen& seen) const;
  static bool is_near(const Gathered& gathered, const Seen& seen);

  std::vector<Gathered> all_;
  size_t bars_;
  uint64_t from_ = UINT64_MAX;
  uint64_t until_ = 0;
  Slices slices_{*this};
  Spans spans_{*this};
};

}  // namespace mirrorscope
