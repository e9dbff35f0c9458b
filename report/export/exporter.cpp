// SPDX-License-Identifier: Apache-2.0
// The table of export formats.
#include "report/export/exporter.h"

#include <algorithm>
#include <array>

namespace mirrorscope {

// ROW(name, half a sentence for --help and the manual, is it binary, the function of its file)
#define FORMATS                                                                                            \
  ROW("chrome", "Chrome's JSON: chrome://tracing, speedscope, ui.perfetto.dev", false, chrome_exporter)   \
  ROW("perfetto", "Perfetto's protobuf, a track per task: ui.perfetto.dev", true, perfetto_exporter)      \
  ROW("ctf-text", "a line per record, as babeltrace2 prints them", false, ctf_text_exporter)              \
  ROW("csv", "a row per record, for spreadsheets and data frames", false, csv_exporter)                   \
  ROW("notifiers", "a row per callback: what its interval notifiers cost, as CSV", false, notifiers_exporter)

#define ROW(name, says, binary, make) std::unique_ptr<Exporter> make(std::ostream& out, const Names& names);
FORMATS
#undef ROW

namespace {
#define ROW(name, says, binary, make) ExportFormat{name, says, binary, make},
constexpr auto kFormats = std::to_array<ExportFormat>({FORMATS});
#undef ROW
}  // namespace

std::span<const ExportFormat> all_export_formats() { return kFormats; }

const ExportFormat* export_format_named(std::string_view name) {
  const auto it = std::find_if(kFormats.begin(), kFormats.end(), [&](const ExportFormat& f) { return f.name == name; });
  return it == kFormats.end() ? nullptr : &*it;
}

}  // namespace mirrorscope
