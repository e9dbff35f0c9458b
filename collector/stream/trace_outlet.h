// SPDX-License-Identifier: Apache-2.0
// How records get into the trace on disk and, while they are recorded, to whoever wants to judge them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "collector/stream/losses.h"
#include "collector/stream/outlet.h"
#include "trace/writing/writer.h"

namespace mirrorscope {

// Whole records of one stream (a CPU or trace::about_stream), in order, as they stand in the trace.
using RecordTap = std::function<void(uint16_t stream, const ev_header* records, size_t bytes)>;

class TraceOutlet final : public Outlet {
 public:
  TraceOutlet(trace::Writer writer, RecordTap tap) : writer_(std::move(writer)), tap_(std::move(tap)) {}

  // A disk that takes no more is no reason to stop: what cannot be written is counted and becomes a loss. What was said is kept for
  // complaint().
  Result<void> append(uint16_t stream, const ev_header* records, size_t bytes) override;
  void discarded(uint16_t stream, uint64_t cumulative) override { writer_.discarded(stream, cumulative); }

  // What could not be written since the last call.
  void add_losses(Losses& losses);
  // What the disk said since the last call, empty if nothing.
  std::string complaint() { return std::exchange(complaint_, {}); }
  uint64_t lost() const;
  // The same, by errno.
  std::map<int, uint64_t> unwritten() const;

  Result<void> flush();
  Result<void> close() { return writer_.close(); }
  uint64_t bytes_written() const { return writer_.bytes_written(); }

 private:
  void complain(const Result<void>& done);

  trace::Writer writer_;
  RecordTap tap_;
  std::string complaint_;
  std::map<std::pair<uint16_t, int>, uint64_t> told_;  // of Writer::disk_losses(): what is in Losses already
};

}  // namespace mirrorscope
