// SPDX-License-Identifier: Apache-2.0
// How a shortage on disk becomes a loss in the trace.
#include "collector/trace_outlet.h"

#include "trace/format.h"

namespace mirrorscope {

Result<void> TraceOutlet::append(uint16_t stream, const ev_header* records, size_t bytes) {
  if (tap_) tap_(stream, records, bytes);
  if (auto written = writer_.append(stream, records, bytes); !written) complaint_ = written.error().message;
  return {};
}

void TraceOutlet::add_losses(Losses& losses) {
  for (const auto& [stream, loss] : writer_.disk_losses()) {
    uint64_t& told = told_[stream];
    if (loss.records == told) continue;
    ev_lost lost{};
    lost.cause = MS_loss_disk_full;
    lost.from = loss.from;
    lost.until = loss.until;
    lost.count = loss.records - told;
    lost.on_cpu = stream == trace::about_stream ? -1 : stream;
    told = loss.records;
    losses.add(lost);
  }
}

uint64_t TraceOutlet::lost() const {
  uint64_t n = 0;
  for (const auto& [stream, loss] : writer_.disk_losses()) n += loss.records;
  return n;
}

Result<void> TraceOutlet::flush() {
  if (auto flushed = writer_.flush(); !flushed) complaint_ = flushed.error().message;
  return {};
}

}  // namespace mirrorscope
