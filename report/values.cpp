// SPDX-License-Identifier: Apache-2.0
// How fields are read out of a record by the tables of schema/catalog.h.
#include "report/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "schema/shown.h"

namespace mirrorscope {

namespace {
uint64_t load(const ev_header& h, const FieldInfo& f) {
  uint64_t value = 0;  // little-endian, as the records are
  std::memcpy(&value, reinterpret_cast<const char*>(&h) + f.offset, std::min<size_t>(f.size, sizeof(value)));
  return value;
}
}  // namespace

std::optional<uint64_t> number_in(const ev_header& h, std::string_view field) {
  const EventInfo* row = event_info(h.id);
  if (!row) return {};
  for (const FieldInfo& f : row->fields)
    if (f.name == field && f.count == 1 && f.type != FieldType::chars) return load(h, f);
  return {};
}

std::string value_text(const ev_header& h, const FieldInfo& f, const Names& names) {
  const uint64_t value = load(h, f);
  const auto i32 = static_cast<int32_t>(value);
  switch (f.type) {
    case FieldType::enumeration: {
      const std::string_view label = label_of(*f.labels, static_cast<uint32_t>(value));
      return label.empty() ? std::to_string(value) : std::string(label);
    }
    case FieldType::err: {
      const char* name = i32 < 0 && i32 > -4096 ? strerrorname_np(-i32) : nullptr;
      return name ? fmt::format("-{}", name) : std::to_string(i32);
    }
    case FieldType::i32: return std::to_string(i32);
    case FieldType::i64: return std::to_string(static_cast<int64_t>(value));
    case FieldType::u8:
    case FieldType::u16:
    case FieldType::u32:
    case FieldType::u64: return f.name.ends_with("flags") ? fmt::format("{:#x}", value) : std::to_string(value);
    case FieldType::ptr: return f.name == "fn" ? names.symbol(value) : fmt::format("{:#x}", value);
    case FieldType::addr:
    case FieldType::pfn: return fmt::format("{:#x}", value);
    case FieldType::chars: break;
  }
  const char* chars = reinterpret_cast<const char*>(&h) + f.offset;
  return shown({chars, strnlen(chars, f.count)});
}

std::string task_text(uint32_t tgid, uint32_t tid, const Names& names) {
  const std::string name = names.task(tid);
  return fmt::format("{} ({}/{})", name == "?" ? "task" : name, tgid, tid);
}

std::string function_of(const ev_header& h, const Names& names) {
  const EventInfo* row = event_info(h.id);
  if (!row) return "?";
  if (const auto fn = number_in(h, "fn"); fn && *fn) return names.symbol(*fn);
  if (const auto call = number_in(h, "call")) {
    const std::string_view label = label_of(catalog::enum_pin_call, static_cast<uint32_t>(*call));
    if (!label.empty()) return fmt::format("{}()", label);
  }
  const size_t end = row->says.find("()");
  const std::string_view head = row->says.substr(0, end == std::string_view::npos ? 0 : end);
  if (head.empty() || head.find(' ') != std::string_view::npos) return std::string(row->name);
  return fmt::format("{}()", head);
}

}  // namespace mirrorscope
