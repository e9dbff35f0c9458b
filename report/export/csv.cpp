// SPDX-License-Identifier: Apache-2.0
// Records as CSV (RFC 4180): the header fields, what most events have, and the rest as key=value in the last column.
#include <fmt/format.h>

#include <array>

#include "report/export/csv_cell.h"
#include "report/export/exporter.h"
#include "report/values.h"

namespace mirrorscope {

namespace {
// Fields with a column of their own; empty where the event has none.
constexpr auto kOwnFields = std::to_array<std::string_view>({"sub", "ctx", "start", "end", "reason", "seq", "sub_seq", "ret"});

// What stands between two semicolons of the last column.
std::string without_semicolon(std::string text) {
  for (size_t at = 0; (at = text.find(';', at)) != std::string::npos;) text.replace(at, 1, "\\x3b");
  return text;
}

class Csv final : public Exporter {
 public:
  Csv(std::ostream& out, const Names& names) : out_(out), names_(names) {
    out_ << "time,cpu,sequence,tgid,tid,task,mm,event,function";
    for (std::string_view column : kOwnFields) out_ << ',' << column;
    out_ << ",fields\r\n";
  }

  void record(const ev_header& h) override {
    const EventInfo* row = event_info(h.id);
    if (!row || row->kind == EventKind::about) return;
    out_ << fmt::format("{}.{:09},{},{},{},{},{},{:#x},{},{}", h.time / 1'000'000'000, h.time % 1'000'000'000, h.cpu, h.seq, h.tgid, h.tid,
                        csv_cell(names_.task(h.tid)), h.mm, row->name, csv_cell(function_of(h, names_)));
    std::array<std::string, kOwnFields.size()> own;
    std::string rest;
    for (const FieldInfo& f : row->fields) {
      if (f.count != 1 || is_padding(f)) continue;
      const std::string value = value_text(h, f, names_);
      bool placed = false;
      for (size_t i = 0; i < kOwnFields.size(); ++i)
        if (kOwnFields[i] == f.name) own[i] = value, placed = true;
      if (!placed) rest += fmt::format("{}{}={}", rest.empty() ? "" : ";", f.name, without_semicolon(value));
    }
    for (const std::string& value : own) out_ << ',' << value;  // numbers and labels
    out_ << ',' << csv_cell(rest) << "\r\n";
  }

 private:
  std::ostream& out_;
  const Names& names_;
};
}  // namespace

std::unique_ptr<Exporter> csv_exporter(std::ostream& out, const Names& names) { return std::make_unique<Csv>(out, names); }

}  // namespace mirrorscope
