// SPDX-License-Identifier: Apache-2.0
// Whatever records say: every exporter writes them.
#include <sstream>

#include "record_input.h"
#include "report/export/exporter.h"

using namespace mirrorscope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input = fuzz::split(data, size);
  fuzz::put_in_order(input);
  Names names;
  for (const trace::AnyRecord& r : input.records) {
    if (r.header().id == EV_task_name) names.learn(reinterpret_cast<const ev_task_name&>(r.header()));
    if (r.header().id == EV_workload) names.learn(reinterpret_cast<const ev_workload&>(r.header()));
    if (r.header().id == EV_symbol) names.learn(reinterpret_cast<const ev_symbol&>(r.header()));
    if (r.header().id == EV_probe_state) names.learn(reinterpret_cast<const ev_probe_state&>(r.header()));
  }
  for (const ExportFormat& format : all_export_formats()) {
    std::ostringstream out;
    const auto exporter = format.make(out, names);
    for (const trace::AnyRecord& r : input.records) exporter->record(r.header());
    exporter->finish();
    fuzz::check(out.good());
  }
  return 0;
}
