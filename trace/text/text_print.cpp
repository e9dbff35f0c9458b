// SPDX-License-Identifier: Apache-2.0
// How a record is printed.
#include <charconv>
#include <cstring>

#include "schema/shown.h"
#include "trace/format.h"
#include "trace/text/errno_names.h"
#include "trace/text/text.h"

namespace mirrorscope::trace {

namespace {

template <class T>
void add_number(std::string& out, T value, int base = 10) {
  char digits[24];
  const auto r = std::to_chars(digits, digits + sizeof digits, value, base);
  out.append(digits, r.ptr);
}

void add_hex(std::string& out, uint64_t value) {
  out += "0x";
  add_number(out, value, 16);
}

template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Up to the zeros at the end. Always quoted, so that the end of it can be seen.
void add_chars(std::string& out, const std::byte* at, size_t count) {
  while (count > 0 && at[count - 1] == std::byte{0}) count--;
  out += '"';
  for (const char c : shown({reinterpret_cast<const char*>(at), count})) {
    if (c == '"') out += '\\';
    out += c;
  }
  out += '"';
}

void add_element(std::string& out, const FieldInfo& f, const std::byte* at) {
  switch (f.type) {
    case FieldType::u8:
      return add_number(out, load<uint8_t>(at));
    case FieldType::u16:
      return add_number(out, load<uint16_t>(at));
    case FieldType::u32:
      return add_number(out, load<uint32_t>(at));
    case FieldType::u64:
      return add_number(out, load<uint64_t>(at));
    case FieldType::i32:
      return add_number(out, load<int32_t>(at));
    case FieldType::i64:
      return add_number(out, load<int64_t>(at));
    case FieldType::addr:
    case FieldType::ptr:
    case FieldType::pfn:
      return add_hex(out, load<uint64_t>(at));
    case FieldType::err: {
      const auto value = load<int32_t>(at);
      const std::string_view name = value < 0 && value > -4096 ? errno_name(-value) : std::string_view();
      if (name.empty()) return add_number(out, value);
      out += '-';
      out += name;
      return;
    }
    case FieldType::enumeration: {
      const auto value = load<uint32_t>(at);
      const std::string_view label = label_of(*f.labels, value);
      if (label.empty()) return add_number(out, value);
      out += label;
      return;
    }
    case FieldType::chars:
      return;  // add_chars
  }
}

bool is_zero(const std::byte* at, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (at[i] != std::byte{0}) return false;
  return true;
}

void add_value(std::string& out, const FieldInfo& f, const std::byte* at) {
  if (f.type == FieldType::chars) return add_chars(out, at, f.count);
  size_t count = f.count;
  while (count > 1 && is_zero(at + (count - 1) * f.size, f.size)) count--;
  for (size_t i = 0; i < count; i++) {
    if (i > 0) out += ',';
    add_element(out, f, at + i * f.size);
  }
}

}  // namespace

void append_text(std::string& out, const ev_header& record) {
  const EventInfo& e = *event_info(record.id);
  const auto* bytes = reinterpret_cast<const std::byte*>(&record);
  std::string fraction = std::to_string(record.time % 1'000'000'000);
  fraction.insert(0, 9 - fraction.size(), '0');
  out += '[';
  add_number(out, record.time / 1'000'000'000);
  out += '.';
  out += fraction;
  out += "] ";
  if (record.cpu == about_stream) {
    out += "about";
  } else {
    out += "cpu";
    add_number(out, record.cpu);
  }
  out += " #";
  add_number(out, record.seq);
  out += ' ';
  add_number(out, record.tid);
  out += '/';
  add_number(out, record.tgid);
  out += ' ';
  out += e.name;
  out += " mm=";
  add_hex(out, record.mm);
  for (const FieldInfo& f : e.fields) {
    const std::byte* at = bytes + f.offset;
    if (is_padding(f) && is_zero(at, size_t{f.size} * f.count)) continue;
    out += ' ';
    out += f.name;
    out += '=';
    add_value(out, f, at);
  }
}

std::string to_text(const ev_header& record) {
  std::string out;
  append_text(out, record);
  return out;
}

std::string value_text(const ev_header& record, const FieldInfo& field) {
  std::string out;
  add_value(out, field, reinterpret_cast<const std::byte*>(&record) + field.offset);
  return out;
}

}  // namespace mirrorscope::trace
