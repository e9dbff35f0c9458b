// SPDX-License-Identifier: Apache-2.0
// Records as CSV (RFC 4180): the header fields, what most events have, and the rest as key=value in the last column.
#include <fmt/format.h>

#include <array>

#include "report/exporter.h"
#include "report/values.h"

namespace mirrorscope {

namespace {
// Fields with a column of their own; empty where the event has none.
constexpr auto kColumns = std::to_array<std::string_view>({"sub", "ctx", "start", "end", "reason", "seq", "sub_seq", "ret"});

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

class Csv final : public Exporter {
 public:
  Csv(std::ostream& out, const Names& names) : out_(out), names_(names) {
    out_ << "time,cpu,sequence,tgid,tid,task,mm,event,function";
    for (std::string_view column : kColumns) out_ << ',' << column;
    out_ << ",fields\r\n";
  }

  void record(const ev_header& h) override {
    const EventInfo* row = event_info(h.id);
    if (!row || row->kind == EventKind::about) return;
    out_ << fmt::format("{}.{:09},{},{},{},{},{},{:#x},{},{}", h.time / 1'000'000'000, h.time % 1'000'000'000, h.cpu, h.seq, h.tgid, h.tid,
                        cell(names_.task(h.tid)), h.mm, row->name, cell(function_of(h, names_)));
    std::array<std::string, kColumns.size()> own;
    std::string rest;
    for (const FieldInfo& f : row->fields) {
      if (f.count != 1 || f.name.starts_with("pad")) continue;
      const std::string value = value_text(h, f, names_);
      bool placed = false;
      for (size_t i = 0; i < kColumns.size(); ++i)
        if (kColumns[i] == f.name) own[i] = value, placed = true;
      if (!placed) rest += fmt::format("{}{}={}", rest.empty() ? "" : ";", f.name, value);
    }
    for (const std::string& value : own) out_ << ',' << cell(value);
    out_ << ',' << cell(rest) << "\r\n";
  }

 private:
  std::ostream& out_;
  const Names& names_;
};
}  // namespace

std::unique_ptr<Exporter> csv_exporter(std::ostream& out, const Names& names) { return std::make_unique<Csv>(out, names); }

}  // namespace mirrorscope
