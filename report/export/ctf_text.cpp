// SPDX-License-Identifier: Apache-2.0
// Records as babeltrace2 prints them with --no-delta --clock-cycles: for tools that read its text, where it is not installed.
#include <fmt/format.h>

#include <cstring>

#include "report/export/exporter.h"
#include "schema/catalog.h"
#include "schema/shown.h"

namespace mirrorscope {

namespace {
std::string element(const ev_header& h, const FieldInfo& f, size_t i) {
  uint64_t value = 0;
  std::memcpy(&value, reinterpret_cast<const char*>(&h) + f.offset + i * f.size, f.size);
  switch (f.type) {
    case FieldType::i32:
    case FieldType::err: return std::to_string(static_cast<int32_t>(value));
    case FieldType::i64: return std::to_string(static_cast<int64_t>(value));
    case FieldType::addr:
    case FieldType::ptr:
    case FieldType::pfn: return fmt::format("0x{:X}", value);
    case FieldType::enumeration: {
      const std::string_view label = label_of(*f.labels, static_cast<uint32_t>(value));
      return label.empty() ? fmt::format("( <unknown> : container = {} )", value) : fmt::format("( \"{}\" : container = {} )", label, value);
    }
    default: return std::to_string(value);
  }
}

// babeltrace2 has a backslash before these too (plugins/text/pretty/print.c, print_escape_string()).
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\'' || c == '?') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string value(const ev_header& h, const FieldInfo& f) {
  if (f.type == FieldType::chars) {
    const char* chars = reinterpret_cast<const char*>(&h) + f.offset;
    return in_quotes(shown({chars, strnlen(chars, f.count)}));
  }
  if (f.count == 1) return element(h, f, 0);
  std::string out = "[";
  for (size_t i = 0; i < f.count; ++i) out += fmt::format("{} [{}] = {}", i ? "," : "", i, element(h, f, i));
  return out + " ]";
}

class CtfText final : public Exporter {
 public:
  explicit CtfText(std::ostream& out) : out_(out) {}

  void record(const ev_header& h) override {
    const EventInfo* row = event_info(h.id);
    if (!row) return;
    out_ << fmt::format("[{:020}] {}: {{ cpu_id = {} }}, {{ cpu = {}, seq = {}, mm = 0x{:X}, tid = {}, tgid = {} }}, {{", h.time, row->name,
                        h.cpu, h.cpu, h.seq, h.mm, h.tid, h.tgid);
    bool first = true;
    for (const FieldInfo& f : row->fields) {
      out_ << (first ? " " : ", ") << f.name << " = " << value(h, f);
      first = false;
    }
    out_ << " }\n";
  }

 private:
  std::ostream& out_;
};
}  // namespace

std::unique_ptr<Exporter> ctf_text_exporter(std::ostream& out, const Names&) { return std::make_unique<CtfText>(out); }

}  // namespace mirrorscope
