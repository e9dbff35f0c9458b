// SPDX-License-Identifier: Apache-2.0
// How a field becomes columns, and a column a value.
#include "query/fields.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "query/scan.h"
#include "schema/shown.h"
#include "trace/text/text.h"

namespace mirrorscope::query {

namespace {
bool is_list(const FieldInfo& f) { return f.type != FieldType::chars && f.count > 1; }
bool is_stack(const FieldInfo& f) { return f.type == FieldType::i32 && f.name == "stack"; }
bool is_function(const FieldInfo& f) { return f.name == "fn" || f.name.ends_with("_fn"); }
bool is_identity(const FieldInfo& f) { return f.type == FieldType::ptr || f.type == FieldType::pfn; }

uint64_t load(const ev_header& h, const FieldInfo& f) {
  uint64_t value = 0;  // little-endian, as the records are
  std::memcpy(&value, reinterpret_cast<const char*>(&h) + f.offset, std::min<size_t>(f.size, sizeof value));
  return value;
}

void show_field(const ev_header& h, const FieldInfo& f, Cell& cell) {
  if (f.type == FieldType::chars) {
    const char* chars = reinterpret_cast<const char*>(&h) + f.offset;
    return cell.text(shown({chars, strnlen(chars, f.count)}));
  }
  if (is_list(f)) return cell.text(trace::value_text(h, f));
  const uint64_t value = load(h, f);
  switch (f.type) {
    case FieldType::ptr:
    case FieldType::pfn: {
      char room[20];
      return cell.text(hex(value, room));
    }
    case FieldType::enumeration: {
      const std::string_view label = label_of(*f.labels, static_cast<uint32_t>(value));
      return label.empty() ? cell.text(std::to_string(value)) : cell.lasting(label);
    }
    case FieldType::addr:
      return cell.number(static_cast<int64_t>(std::min<uint64_t>(value, INT64_MAX)));
    case FieldType::err:
    case FieldType::i32:
      return cell.number(static_cast<int32_t>(value));
    default:
      return cell.number(static_cast<int64_t>(value));
  }
}

// Who is behind a number of the field: frames of a stack, functions, an event.
void show_name(const ev_header& h, const FieldInfo& f, const OpenTrace& trace, Cell& cell) {
  if (is_event_id(f)) {
    const EventInfo* event = event_info(static_cast<uint32_t>(load(h, f)));
    return event ? cell.lasting(event->name) : cell.null();
  }
  std::vector<std::string> names;
  if (is_stack(f)) {
    names = trace.names().stack(static_cast<int32_t>(load(h, f)));
  } else {
    for (size_t i = 0; i < f.count; ++i) {
      uint64_t address = 0;
      std::memcpy(&address, reinterpret_cast<const char*>(&h) + f.offset + i * f.size, sizeof address);
      if (address) names.push_back(trace.names().symbol(address));
    }
  }
  if (names.empty()) return cell.null();
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : " < ").append(name);
  cell.text(text);
}
}  // namespace

std::string_view hex(uint64_t value, char (&room)[20]) {
  room[0] = '0', room[1] = 'x';
  const auto end = std::to_chars(room + 2, room + sizeof room, value, 16);
  return {room, end.ptr};
}

void RecordColumns::add(Column column, Source source) {
  columns.push_back(std::move(column));
  sources.push_back(source);
}

void add_fields(RecordColumns& to, const EventInfo& event, std::string (*rename)(const RecordColumns&, std::string)) {
  for (const FieldInfo& f : event.fields) {
    if (is_padding(f)) continue;
    const std::string name = rename(to, std::string(f.name));
    const bool is_text = f.type == FieldType::enumeration || f.type == FieldType::chars || is_identity(f) || is_list(f);
    to.add({name, is_text, std::string(f.says), f.count > 1 && is_list(f)}, {Source::field, &f});
    if (f.type == FieldType::enumeration)
      to.add({name + "_number", false, "the number behind " + name, true}, {Source::number, &f});
    if (f.type == FieldType::err) to.add({name + "_text", true, "-EAGAIN and the like", true}, {Source::label, &f});
    if (f.type == FieldType::ptr)
      to.add({name + "_name", true, "what the trace calls " + name, !is_function(f)}, {Source::name, &f});
    if (is_stack(f)) to.add({name + "_name", true, "its frames, innermost first", true}, {Source::name, &f});
    if (is_event_id(f)) to.add({name + "_name", true, "the event's name", false}, {Source::name, &f});
  }
}

RecordColumns columns_of(const EventInfo* event) {
  const auto taken = [event](std::string_view name) {
    return event &&
           std::any_of(event->fields.begin(), event->fields.end(), [&](const FieldInfo& f) { return f.name == name; });
  };
  RecordColumns out;
  const auto add = [&](std::string name, bool is_text, std::string says, Narrows narrows, Source::What what) {
    const std::string as = taken(name) ? "h_" + name : name;
    out.add({as, is_text, std::move(says), false, narrows}, {what});
  };
  add("trace", true, "the trace, as it was named", Narrows::trace, Source::trace);
  add("host", true, "the machine that it was recorded on", Narrows::nothing, Source::host);
  if (!event) add("event", true, "the event", Narrows::event, Source::event);
  add("time", false, "ns on the clock of the trace", Narrows::time, Source::time);
  add("cpu", false, "the CPU, -1: the recorder itself", Narrows::cpu, Source::cpu);
  add("sequence", false, "running number on that CPU", Narrows::nothing, Source::sequence);
  add("tgid", false, "the process that ran the code", Narrows::tgid, Source::tgid);
  add("process", true, "the name of its first task, ? if the trace does not say", Narrows::nothing, Source::process);
  add("tid", false, "the task that ran the code", Narrows::tid, Source::tid);
  add("task", true, "its name, ? if the trace does not say", Narrows::nothing, Source::task);
  add("mm", true, "the address space that it is about", Narrows::mm, Source::mm);
  if (!event) {
    add("text", true, "the record as `dump` prints it", Narrows::nothing, Source::text);
    return out;
  }
  add_fields(out, *event, [](const RecordColumns&, std::string name) { return name; });
  return out;
}

void show(const Source& source, const ev_header& h, const OpenTrace& trace, Cell& cell) {
  switch (source.what) {
    case Source::trace:
      return cell.lasting(trace.shown());
    case Source::host:
      return cell.lasting(trace.reader().provenance().host);
    case Source::event:
      return cell.lasting(event_info(h.id)->name);
    case Source::time:
      return cell.number(static_cast<int64_t>(h.time));
    case Source::cpu:
      return cell.number(cpu_of(h));
    case Source::sequence:
      return cell.number(h.seq);
    case Source::tid:
      return cell.number(h.tid);
    case Source::tgid:
      return cell.number(h.tgid);
    case Source::task:
      return cell.text(trace.names().task(h.tid));
    case Source::process:
      return cell.text(trace.names().task(h.tgid));
    case Source::text:
      return cell.text(trace::to_text(h));
    case Source::field:
      return show_field(h, *source.of, cell);
    case Source::number:
      return cell.number(static_cast<int64_t>(load(h, *source.of)));
    case Source::label:
      return cell.text(trace::value_text(h, *source.of));
    case Source::name:
      return show_name(h, *source.of, trace, cell);
    case Source::mm: {
      char room[20];
      return cell.text(hex(h.mm, room));
    }
  }
}

}  // namespace mirrorscope::query
