// SPDX-License-Identifier: Apache-2.0
// How records are written for other tools, record by record, whatever their number. One format is one file: x_exporter() in x.cpp.
#pragma once

#include <memory>
#include <ostream>
#include <span>
#include <string_view>

#include "analyzer/engine/names.h"
#include "schema/events.h"

namespace mirrorscope {

class Exporter {
 public:
  virtual ~Exporter() = default;
  // Every record, in time order. Who needs it later copies it.
  virtual void record(const ev_header& record) = 0;
  // After the last one.
  virtual void finish() {}
};

struct ExportFormat {
  std::string_view name;
  std::string_view says;  // half a sentence for --help and the manual
  bool binary;
  std::unique_ptr<Exporter> (*make)(std::ostream&, const Names&);
};

std::span<const ExportFormat> all_export_formats();
const ExportFormat* export_format_named(std::string_view name);

}  // namespace mirrorscope
