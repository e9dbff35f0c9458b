// SPDX-License-Identifier: Apache-2.0
// The table of export formats.
#include "report/export/exporter.h"

#include <algorithm>
#include <array>

namespace mirrorscope {

namespace {
constexpr auto kFormats = std::to_array<ExportFormat>({
    {"chrome", "Chrome's JSON: chrome://tracing, speedscope, ui.perfetto.dev", false, chrome_exporter},
    {"perfetto", "Perfetto's protobuf, a track per task: ui.perfetto.dev", true, perfetto_exporter},
    {"ctf-text", "a line per record, as babeltrace2 prints them", false, ctf_text_exporter},
    {"csv", "a row per record, for spreadsheets and data frames", false, csv_exporter},
    {"notifiers", "a row per callback: what its interval notifiers cost, as CSV", false, notifiers_exporter},
});
}  // namespace

std::span<const ExportFormat> all_export_formats() { return kFormats; }

const ExportFormat* export_format_named(std::string_view name) {
  const auto it = std::find_if(kFormats.begin(), kFormats.end(), [&](const ExportFormat& f) { return f.name == name; });
  return it == kFormats.end() ? nullptr : &*it;
}

}  // namespace mirrorscope
