// SPDX-License-Identifier: Apache-2.0
// How the recorder's own records get their header.
#include "collector/stream/about.h"

#include <ctime>

#include "schema/catalog.h"
#include "trace/format.h"

namespace mirrorscope {

About::About(Outlet& outlet, Hashing& hashing, uint64_t began)
    : out_(trace::about_stream, outlet, hashing), time_(began) {}

void About::add(uint16_t id, ev_header& record) {
  record = {};
  record.id = id;
  record.time = time_;
  record.cpu = trace::about_stream;
  record.seq = seq_++;
  out_.add(&record, record_sizes[id]);
}

uint64_t clock_now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

}  // namespace mirrorscope
