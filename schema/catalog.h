// SPDX-License-Identifier: Apache-2.0
// What the program knows about events at run time: names, fields, offsets, enum labels, the schema hash. Tables only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "schema/events.h"

namespace mirrorscope {

enum class FieldType : uint8_t { u8, u16, u32, u64, i32, i64, chars, addr, ptr, pfn, err, enumeration };
enum class EventKind : uint8_t { entry, exit, point, about };
// The part of the protocol, who says it, and which address spaces it is about: columns of events.def.
enum class EventArea : uint8_t { invalidation, callback, fault, mapping, access, migration, pin, memory, life, recorder, areas };
enum class EventFrom : uint8_t { kernel, driver, process, recorder };
enum class EventAbout : uint8_t { mm, any_mm, all, machine };
std::string_view to_string(EventArea area);

struct EnumValue {
  uint32_t value;
  std::string_view label;
  std::string_view says;
};

struct EnumInfo {
  std::string_view name;
  std::span<const EnumValue> values;
};

struct FieldInfo {
  std::string_view name;
  std::string_view says;
  FieldType type;
  uint8_t size;         // bytes of one element
  uint16_t offset;      // from the start of the record, header included
  uint16_t count;       // elements; 1 unless ARRAY
  const EnumInfo* labels;  // FieldType::enumeration only, else null
};

// Bytes that only fill a record up.
inline bool is_padding(const FieldInfo& f) { return f.name.starts_with("pad"); }
// What stands in it is the id of an event.
inline bool is_event_id(const FieldInfo& f) { return f.type == FieldType::u32 && f.name == "event"; }

struct EventInfo {
  uint16_t id;
  uint16_t size;  // bytes of the record, header included
  uint16_t pair;  // id of the other half, own id if none
  EventKind kind;
  EventArea area;
  EventFrom from;
  EventAbout about;
  std::string_view name;
  std::string_view says;
  std::span<const FieldInfo> fields;  // without the header
};

enum class LossSeverity : uint8_t { info, data_loss, error };

struct LossInfo {
  uint32_t id;
  std::string_view name;
  LossSeverity severity;
  std::string_view says;
};

namespace catalog {

// Enumerations ------------------------------------------------------------------------------------------------------
#define ENUM_BEGIN(name) inline constexpr EnumValue values_##name[] = {
#define VALUE(name, value, label, says) {value, #label, says},
#define ENUM_END(name) \
  }                    \
  ;                    \
  inline constexpr EnumInfo enum_##name{#name, values_##name};
#include "schema/enums.def"
#undef ENUM_BEGIN
#undef VALUE
#undef ENUM_END

// Field types: the name in events.def -> what it is -------------------------------------------------------------------
template <typename Tag>
struct TypeOf;
#define MS_PLAIN(type, kind)                            \
  struct tag_##type {};                                 \
  template <>                                           \
  struct TypeOf<tag_##type> {                           \
    static constexpr FieldType field = FieldType::kind; \
    static constexpr const EnumInfo* labels = nullptr;  \
  };
MS_PLAIN(u8, u8)
MS_PLAIN(u16, u16)
MS_PLAIN(u32, u32)
MS_PLAIN(u64, u64)
MS_PLAIN(i32, i32)
MS_PLAIN(i64, i64)
MS_PLAIN(char, chars)
MS_PLAIN(addr, addr)
MS_PLAIN(ptr, ptr)
MS_PLAIN(pfn, pfn)
MS_PLAIN(err, err)
#undef MS_PLAIN
#define ENUM_BEGIN(name)                                       \
  struct tag_##name {};                                        \
  template <>                                                  \
  struct TypeOf<tag_##name> {                                  \
    static constexpr FieldType field = FieldType::enumeration; \
    static constexpr const EnumInfo* labels = &enum_##name;    \
  };
#define VALUE(name, value, label, says)
#define ENUM_END(name)
#include "schema/enums.def"
#undef ENUM_BEGIN
#undef VALUE
#undef ENUM_END

// Fields --------------------------------------------------------------------------------------------------------------
#define FIELD(type, name, says)                                                                  \
  FieldInfo{#name, says, TypeOf<tag_##type>::field, sizeof(ms_t_##type), offsetof(Self, name), 1, \
            TypeOf<tag_##type>::labels},
#define ARRAY(type, n, name, says)                                                               \
  FieldInfo{#name, says, TypeOf<tag_##type>::field, sizeof(ms_t_##type), offsetof(Self, name), n, \
            TypeOf<tag_##type>::labels},
#define EVENT(id, name, pair, kind, area, from, about, says, ...)                 \
  struct fields_##name {                                       \
    using Self = ev_##name;                                    \
    static constexpr auto make() { return std::to_array<FieldInfo>({__VA_ARGS__}); } \
  };                                                           \
  inline constexpr auto fields_of_##name = fields_##name::make();
#include "schema/events.def"
#undef FIELD
#undef ARRAY
#undef EVENT

// Events, in the order of events.def ------------------------------------------------------------------------------------
#define EVENT(id, name, pair, kind, area, from, about, says, ...) \
  EventInfo{id, sizeof(ev_##name), EV_##pair, EventKind::kind, EventArea::area, EventFrom::from, EventAbout::about, #name, says, fields_of_##name},
inline constexpr auto events = std::to_array<EventInfo>({
#include "schema/events.def"
});
#undef EVENT

#define LOSS(id, name, severity, says) LossInfo{id, #name, LossSeverity::severity, says},
inline constexpr auto losses = std::to_array<LossInfo>({
#include "schema/losses.def"
});
#undef LOSS

}  // namespace catalog

// By id, in one load: the record's size, 0 for an id that no row has.
inline constexpr auto record_sizes = [] {
  std::array<uint16_t, EV_LIMIT> sizes{};
  for (const EventInfo& e : catalog::events) sizes[e.id] = e.size;
  return sizes;
}();

// What the recorder itself says has the highest ids, so that a comparison tells it apart.
inline constexpr uint16_t first_of_the_recorder = [] {
  uint16_t first = EV_LIMIT;
  for (const EventInfo& e : catalog::events)
    if (e.from == EventFrom::recorder) first = e.id < first ? e.id : first;
  return first;
}();
static_assert([] {
  for (const EventInfo& e : catalog::events)
    if ((e.from == EventFrom::recorder) != (e.id >= first_of_the_recorder)) return false;
  return true;
}());

// The row of an id, null if there is none.
const EventInfo* event_info(uint32_t id);
// The row of a name, null if there is none.
const EventInfo* event_named(std::string_view name);
// The label of an enumerated value, empty if it has none.
std::string_view label_of(const EnumInfo& labels, uint32_t value);
// Row `cause` of losses.def, null if there is none.
const LossInfo* loss_info(uint32_t cause);

// Does a program run when this probe's function is called?
constexpr bool is_in_place(const ev_probe_state& e) {
  return e.error == 0 && e.how != MS_probe_how_absent && e.how != MS_probe_how_refused && e.how != MS_probe_how_off &&
         e.how != MS_probe_how_withheld;
}

// FNV-1a over names, ids, types and offsets: equal hashes mean that records can be read as they are.
inline constexpr uint64_t schema_hash = [] {
  uint64_t h = 14695981039346656037ull;
  auto byte = [&h](uint8_t b) { h = (h ^ b) * 1099511628211ull; };
  auto text = [&](std::string_view s) {
    for (char c : s) byte(static_cast<uint8_t>(c));
    byte(0);
  };
  for (const EventInfo& e : catalog::events) {
    byte(static_cast<uint8_t>(e.id));
    text(e.name);
    for (const FieldInfo& f : e.fields) {
      text(f.name);
      byte(static_cast<uint8_t>(f.type));
      byte(static_cast<uint8_t>(f.offset));
      byte(static_cast<uint8_t>(f.offset >> 8));
      byte(static_cast<uint8_t>(f.count));
    }
  }
  return h;
}();

}  // namespace mirrorscope
