// SPDX-License-Identifier: Apache-2.0
// A record as one line of text, and back.
//
//   [12.000345678] cpu0 #17 1234/1230 inv_start mm=0xffff888004a1c000 start=0x7f0000000000 reason=unmap ret=-EAGAIN ...
//   inv_start start=0x1000 end=0x3000 reason=unmap seq=7 cpu=1            (what a person writes; the rest is 0)
//
// After the event's name come key=value pairs in any order. Keys are the event's fields, and of the header h.time h.cpu
// h.seq h.mm h.tid h.tgid, or without "h." where the event has no field of that name. Values are decimal or 0x numbers,
// labels of enums.def, -EAGAIN and the like for signed fields, comma-separated lists for arrays, and text, quoted if
// need be, for chars: as schema/shown.h has it, and a quote as \".
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "schema/catalog.h"
#include "trace/result.h"

namespace mirrorscope::trace {

inline constexpr size_t largest_record = [] {
  size_t size = 0;
  for (const EventInfo& e : catalog::events) size = e.size > size ? e.size : size;
  return size;
}();

// Room for a record of any event.
struct AnyRecord {
  alignas(ev_header) std::array<std::byte, largest_record> bytes{};

  ev_header& header() { return *reinterpret_cast<ev_header*>(bytes.data()); }
  const ev_header& header() const { return *reinterpret_cast<const ev_header*>(bytes.data()); }
  size_t size() const { return record_sizes[header().id]; }
};

// Without a line end. The record must be whole and of a known id, as a Cursor delivers it.
std::string to_text(const ev_header& record);
// The same, behind what `out` holds already.
void append_text(std::string& out, const ev_header& record);
// Only the value of one field, as it stands behind the "=".
std::string value_text(const ev_header& record, const FieldInfo& field);

// Either form above. The error names the column (from 1) and what could stand there.
Result<AnyRecord> parse_record(std::string_view line);

}  // namespace mirrorscope::trace
