// SPDX-License-Identifier: Apache-2.0
// How a line is read, and what is said about one that cannot be.
#include <charconv>
#include <cstring>
#include <limits>
#include <optional>

#include "trace/format.h"
#include "trace/text/errno_names.h"
#include "trace/text/text.h"

namespace mirrorscope::trace {

namespace {

// The header's fields by the names of the text; `seq` means the header's only where the event has no field of that
// name.
constexpr std::array<FieldInfo, 6> header_fields = {{
    {"time", "", FieldType::u64, 8, offsetof(ev_header, time), 1, nullptr},
    {"cpu", "", FieldType::u16, 2, offsetof(ev_header, cpu), 1, nullptr},
    {"seq", "", FieldType::u32, 4, offsetof(ev_header, seq), 1, nullptr},
    {"mm", "", FieldType::ptr, 8, offsetof(ev_header, mm), 1, nullptr},
    {"tid", "", FieldType::u32, 4, offsetof(ev_header, tid), 1, nullptr},
    {"tgid", "", FieldType::u32, 4, offsetof(ev_header, tgid), 1, nullptr},
}};

const FieldInfo* field_named(const EventInfo& e, std::string_view key) {
  if (!key.starts_with("h."))
    for (const FieldInfo& f : e.fields)
      if (f.name == key) return &f;
  if (key.starts_with("h.")) key.remove_prefix(2);
  for (const FieldInfo& f : header_fields)
    if (f.name == key) return &f;
  return nullptr;
}

std::string labels_text(const EnumInfo& labels) {
  std::string out;
  for (const EnumValue& v : labels.values) out += (out.empty() ? "" : ", ") + std::string(v.label);
  return out;
}

struct Range {
  int64_t least;
  uint64_t most;
};

Range range_of(const FieldInfo& f) {
  switch (f.type) {
    case FieldType::i32:
    case FieldType::err:
      return {std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max()};
    case FieldType::i64:
      return {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
    default:
      return {0, f.size == 8 ? UINT64_MAX : (uint64_t{1} << (8 * f.size)) - 1};
  }
}

// Decimal or 0x, with a minus sign if it may have one; the bits of it.
std::optional<uint64_t> number(std::string_view text, Range range) {
  const bool negative = text.starts_with("-");
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x")) text.remove_prefix(2), base = 16;
  uint64_t value = 0;
  const auto r = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (r.ec != std::errc() || r.ptr != text.data() + text.size()) return {};
  if (!negative) return value <= range.most ? std::optional(value) : std::nullopt;
  if (range.least == 0 ? value != 0 : value > uint64_t{0} - static_cast<uint64_t>(range.least)) return {};
  return uint64_t{0} - value;
}

class LineParser {
 public:
  explicit LineParser(std::string_view line) : line_(line) {}

  Result<AnyRecord> parse() {
    skip_blanks();
    if (peek() == '[')
      if (auto prefix = parse_prefix(); !prefix) return prefix.error();
    skip_blanks();
    const size_t name_at = at_;
    const std::string_view name = word(" \t");
    const EventInfo* e = event_named(name);
    if (e == nullptr) return expected(name_at, "the name of an event");
    record_.header().id = e->id;
    for (skip_blanks(); at_ < line_.size(); skip_blanks())
      if (auto pair = parse_pair(*e); !pair) return pair.error();
    return record_;
  }

 private:
  // [seconds.nanoseconds] cpuN|about #seq tid/tgid
  Result<void> parse_prefix() {
    ev_header& h = record_.header();
    at_++;
    const size_t time_at = at_;
    const std::string_view seconds = word(".");
    take('.');
    const std::string_view nanos = word("]");
    const auto s = number(seconds, {0, UINT64_MAX / 1'000'000'000 - 1});
    const auto n = number(nanos, {0, 999'999'999});
    if (!s || !n || nanos.size() != 9 || !take(']')) return expected(time_at, "a time like 12.000345678]");
    h.time = *s * 1'000'000'000 + *n;

    skip_blanks();
    const size_t cpu_at = at_;
    const std::string_view cpu = word(" \t");
    const auto c = cpu == "about" ? std::optional<uint64_t>(about_stream)
                                  : number(cpu.substr(std::min<size_t>(3, cpu.size())), {0, about_stream});
    if (!c || !(cpu == "about" || cpu.starts_with("cpu"))) return expected(cpu_at, "a CPU like cpu0, or about");
    h.cpu = static_cast<uint16_t>(*c);

    skip_blanks();
    const size_t seq_at = at_;
    const bool hash = take('#');
    const auto q = number(word(" \t"), {0, UINT32_MAX});
    if (!hash || !q) return expected(seq_at, "a sequence number like #17");
    h.seq = static_cast<uint32_t>(*q);

    skip_blanks();
    const size_t task_at = at_;
    const auto tid = number(word("/ \t"), {0, UINT32_MAX});
    const bool slash = take('/');
    const auto tgid = number(word(" \t"), {0, UINT32_MAX});
    if (!tid || !slash || !tgid) return expected(task_at, "a task like 1234/1230 (tid/tgid)");
    h.tid = static_cast<uint32_t>(*tid);
    h.tgid = static_cast<uint32_t>(*tgid);
    return {};
  }

  Result<void> parse_pair(const EventInfo& e) {
    const size_t key_at = at_;
    const std::string_view key = word("= \t");
    const FieldInfo* f = field_named(e, key);
    if (f == nullptr) {
      std::string names;
      for (const FieldInfo& known : e.fields) names += std::string(known.name) + ", ";
      return expected(key_at, "a field of " + std::string(e.name) + ": " + names + "time, cpu, seq, mm, tid, tgid");
    }
    if (!take('=')) return expected(at_, "=");
    std::byte* to = record_.bytes.data() + f->offset;
    std::memset(to, 0, size_t{f->size} * f->count);
    if (f->type == FieldType::chars) return parse_chars(*f, to);
    for (size_t i = 0;; i++) {
      const size_t value_at = at_;
      const std::string_view text = word(f->count > 1 ? ", \t" : " \t");
      if (i == f->count) return expected(value_at, "no more than " + std::to_string(f->count) + " values");
      const auto value = value_of(*f, text);
      if (!value) return expected(value_at, what_of(*f));
      std::memcpy(to + i * f->size, &*value, f->size);  // little-endian: the low bytes come first
      if (f->count == 1 || !take(',')) return {};
    }
  }

  static std::optional<uint64_t> value_of(const FieldInfo& f, std::string_view text) {
    if (f.type == FieldType::enumeration)
      for (const EnumValue& v : f.labels->values)
        if (v.label == text) return v.value;
    const Range range = range_of(f);
    if (range.least < 0 && text.starts_with("-E")) {
      const int code = errno_named(text.substr(1));
      return code == 0 ? std::nullopt : std::optional(uint64_t{0} - static_cast<uint64_t>(code));
    }
    if (&f == &header_fields[1] && text == "about") return about_stream;
    return number(text, range);
  }

  static std::string what_of(const FieldInfo& f) {
    if (f.type == FieldType::enumeration) return "one of " + labels_text(*f.labels);
    const std::string bits = std::to_string(8 * f.size) + " bit";
    if (range_of(f).least < 0) return "a number of " + bits + " or an error like -EAGAIN";
    return "a number of " + bits + " without a sign, decimal or 0x";
  }

  Result<void> parse_chars(const FieldInfo& f, std::byte* to) {
    const size_t value_at = at_;
    const bool quoted = take('"');
    size_t size = 0;
    while (at_ < line_.size() && (quoted ? peek() != '"' : peek() != ' ' && peek() != '\t')) {
      char c = line_[at_++];
      if (quoted && c == '\\') {
        if (take('x')) {
          uint8_t code = 0;
          const std::string_view digits = line_.substr(at_, 2);
          const auto r = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
          if (r.ptr != digits.data() + 2 || digits.size() != 2) return expected(at_, "two hex digits");
          at_ += 2;
          c = static_cast<char>(code);
        } else if (peek() == '"' || peek() == '\\') {
          c = line_[at_++];
        } else {
          return expected(at_, "\\, \" or x");
        }
      }
      if (size == f.count) return expected(value_at, "text of at most " + std::to_string(f.count) + " bytes");
      to[size++] = static_cast<std::byte>(c);
    }
    if (quoted && !take('"')) return expected(at_, "a closing quote");
    return {};
  }

  char peek() const { return at_ < line_.size() ? line_[at_] : '\0'; }
  bool take(char c) {
    if (at_ >= line_.size() || line_[at_] != c) return false;
    at_++;
    return true;
  }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') at_++;
  }
  std::string_view word(std::string_view ends_at) {
    const size_t from = at_;
    at_ = std::min(line_.find_first_of(ends_at, at_), line_.size());
    return line_.substr(from, at_ - from);
  }
  Error expected(size_t at, std::string_view what) const {
    const std::string_view found = line_.substr(std::min(at, line_.size()), 24);
    if (found.empty()) return fail(0, "column ", at + 1, ": the line ends, expected ", what);
    return fail(0, "column ", at + 1, ": '", found, "' found, expected ", what);
  }

  std::string_view line_;
  size_t at_ = 0;
  AnyRecord record_;
};

}  // namespace

Result<AnyRecord> parse_record(std::string_view line) { return LineParser(line).parse(); }

}  // namespace mirrorscope::trace
