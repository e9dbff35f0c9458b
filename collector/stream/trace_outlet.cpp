// SPDX-License-Identifier: Apache-2.0
// How records that could not be written become a loss in the trace.
#include "collector/stream/trace_outlet.h"

#include <cerrno>

#include "trace/format.h"

namespace mirrorscope {

namespace {
// Of the disk, of the user's share of it, of the process or of what the file system can hold.
bool no_room(int error) { return error == ENOSPC || error == EDQUOT || error == EFBIG; }
}  // namespace

void TraceOutlet::complain(const Result<void>& done) {
  if (!done) complaint_ += (complaint_.empty() ? "" : "; ") + done.error().message;
}

Result<void> TraceOutlet::append(uint16_t stream, const ev_header* records, size_t bytes) {
  if (tap_) tap_(stream, records, bytes);
  complain(writer_.append(stream, records, bytes));
  return {};
}

void TraceOutlet::add_losses(Losses& losses) {
  for (const auto& [where, loss] : writer_.disk_losses()) {
    uint64_t& told = told_[where];
    if (loss.records == told) continue;
    const auto [stream, error] = where;
    ev_lost lost{};
    lost.cause = no_room(error) ? MS_loss_disk_full : MS_loss_unwritten;
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
  for (const auto& [where, loss] : writer_.disk_losses()) n += loss.records;
  return n;
}

std::map<int, uint64_t> TraceOutlet::unwritten() const {
  std::map<int, uint64_t> by_error;
  for (const auto& [where, loss] : writer_.disk_losses()) by_error[where.second] += loss.records;
  return by_error;
}

Result<void> TraceOutlet::flush() {
  complain(writer_.flush());
  return {};
}

}  // namespace mirrorscope
