// SPDX-License-Identifier: Apache-2.0
// One pass over the records of all traces, of no more packets than the wanted time needs.
#pragma once

#include <optional>
#include <string>

#include "query/table.h"
#include "query/traces.h"
#include "trace/reading/merge.h"

namespace mirrorscope::query {

class Scan {
 public:
  // merged: the records of a trace come in the order of time, one trace after the other. Otherwise stream by stream,
  // which is faster. Of `wanted` it heeds time, CPU and trace, and with `beyond` not the end of the time.
  Scan(const Traces& traces, const Wanted& wanted, bool merged, bool beyond = false);
  ~Scan();

  // The next record, null at the end. Valid until the next call.
  const ev_header* next();
  // Of the record that next() gave last.
  const OpenTrace& trace() const { return *traces_.all()[trace_]; }
  // Which record of all it is (Rows::id()): trace, CPU, running number there.
  int64_t id_of(const ev_header& h) const {
    return static_cast<int64_t>(uint64_t{trace_} << 48 | uint64_t{h.cpu} << 32 | h.seq);
  }
  // Is it the first record of another trace than the one before?
  bool entered() const { return entered_; }
  // Nothing more is wanted of this trace.
  void leave_trace();

 private:
  const ev_header* advance();
  bool open_next();
  void close();
  bool wants_trace(size_t index) const;
  bool wants_stream(uint16_t id) const;

  const Traces& traces_;
  Wanted wanted_;
  bool merged_;
  size_t trace_ = 0, stream_ = 0;  // where open_next() goes on
  bool begun_ = false, entered_ = false;
  uint32_t until_look_ = 0;
  std::optional<trace::Merge> merge_;
  std::optional<trace::Cursor> cursor_;
};

// As `dump --cpu` has it: -1 for what the recorder says itself.
inline int64_t cpu_of(const ev_header& h) { return h.cpu == trace::about_stream ? -1 : int64_t{h.cpu}; }

}  // namespace mirrorscope::query
