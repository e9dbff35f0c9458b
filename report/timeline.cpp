// SPDX-License-Identifier: Apache-2.0
// How evidence is laid out: one event per line, its values below it, the stack of who invalidated.
#include "report/timeline.h"

#include <fmt/format.h>

#include <cstring>

#include "schema/catalog.h"

namespace mirrorscope {

namespace {
std::string value_text(const ev_header& h, const FieldInfo& f, const Names& names) {
  const char* at = reinterpret_cast<const char*>(&h) + f.offset;
  uint64_t u64 = 0;
  uint32_t u32 = 0;
  int32_t i32 = 0;
  if (f.size == 8) std::memcpy(&u64, at, 8);
  if (f.size == 4) {
    std::memcpy(&u32, at, 4);
    std::memcpy(&i32, at, 4);
  }
  switch (f.type) {
    case FieldType::enumeration: return std::string(label_of(*f.labels, u32));
    case FieldType::err: return i32 < 0 && i32 > -134 ? fmt::format("-{}", strerrorname_np(-i32)) : std::to_string(i32);
    case FieldType::i32: return std::to_string(i32);
    case FieldType::i64: return std::to_string(static_cast<int64_t>(u64));
    case FieldType::u32: return std::to_string(u32);
    case FieldType::u64: return std::to_string(u64);
    case FieldType::ptr: return f.name == "fn" ? names.symbol(u64) : fmt::format("{:#x}", u64);
    case FieldType::addr:
    case FieldType::pfn: return fmt::format("{:#x}", u64);
    default: return "";
  }
}

std::string values_text(const ev_header& h, const Names& names) {
  const EventInfo* row = event_info(h.id);
  std::string line;
  std::string out;
  for (const FieldInfo& f : row->fields) {
    if (f.count != 1 || f.name.starts_with("pad") || f.name == "stack") continue;
    const std::string item = fmt::format("{}={}", f.name, value_text(h, f, names));
    if (!line.empty() && line.size() + item.size() + 1 > 66) {
      out += fmt::format("              {}\n", line);
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += item;
  }
  if (!line.empty()) out += fmt::format("              {}\n", line);
  return out;
}
}  // namespace

std::string clock_text(uint64_t time) { return fmt::format("{}.{:06}", time / 1'000'000'000, time / 1000 % 1'000'000); }

std::string timeline(const Candidate& c, const Report& report, const RecordFinder& find) {
  std::string out;
  for (const Evidence& e : c.evidence) {
    if (!e.event) continue;
    const EventInfo* row = event_info(e.event.id);
    const double before = (static_cast<double>(e.event.time) - static_cast<double>(c.completing.time)) / 1000.0;
    out += fmt::format("      {:>+12.1f} us  cpu {}  {}: {}\n", before, e.event.cpu, row ? row->name : "?", e.role);
    const ev_header* h = find ? find(e.event) : nullptr;
    if (!h) continue;
    out += fmt::format("              task={} ({}/{})\n", report.names.task(h->tid), h->tgid, h->tid);
    out += values_text(*h, report.names);
    if (h->id != EV_inv_start) continue;
    const auto frames = report.names.stack(reinterpret_cast<const ev_inv_start*>(h)->stack);
    for (const std::string& frame : frames) out += fmt::format("                {}\n", frame);
  }
  return out;
}

}  // namespace mirrorscope
