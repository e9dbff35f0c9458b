// SPDX-License-Identifier: Apache-2.0
// How records get into the trace on disk and, while they are recorded, to whoever wants to judge them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "collector/losses.h"
#include "collector/outlet.h"
#include "trace/writer.h"

namespace mirrorscope {

// Whole records of one stream (a CPU or trace::about_stream), in order, as they stand in the trace.
using RecordTap = std::function<void(uint16_t stream, const ev_header* records, size_t bytes)>;

class TraceOutlet final : public Outlet {
 public:
  TraceOutlet(trace::Writer writer, RecordTap tap) : writer_(std::move(writer)), tap_(std::move(tap)) {}

  // A full disk is no reason to stop: what finds no room is counted and becomes a loss. The first complaint is kept for
  // complaint().
  Result<void> append(uint16_t stream, const ev_header* records, size_t bytes) override;
  void discarded(uint16_t stream, uint64_t cumulative) override { writer_.discarded(stream, cumulative); }

  // What found no room on disk since the last call.
  void add_losses(Losses& losses);
  // What the disk said since the last call, empty if nothing.
  std::string complaint() { return std::exchange(complaint_, {}); }
  uint64_t lost() const;

  Result<void> flush();
  Result<void> close() { return writer_.close(); }
  uint64_t bytes_written() const { return writer_.bytes_written(); }

 private:
  trace::Writer writer_;
  RecordTap tap_;
  std::string complaint_;
  std::map<uint16_t, uint64_t> told_;  // by stream: disk losses that are in Losses already
};

}  // namespace mirrorscope
