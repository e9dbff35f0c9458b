// SPDX-License-Identifier: Apache-2.0
// How the provenance is found in a metadata text, and why a text is refused.
#include <algorithm>
#include <charconv>
#include <cinttypes>
#include <cstdio>
#include <optional>

#include "schema/shown.h"
#include "trace/format.h"
#include "trace/metadata.h"

namespace mirrorscope::trace {

namespace {

constexpr std::string_view first_line = "/* CTF 1.8 */";
constexpr std::string_view packetized_magic = "\x57\x1d\xd1\x75";  // LTTng's form of metadata
constexpr std::string_view checksum_line = "\n/* checksum 0x";
constexpr size_t checksum_size = checksum_line.size() + 16 + 4;  // digits, " */\n"

// What stands behind "<indent><key> = " up to the semicolon; quotes are taken off.
std::optional<std::string_view> value_of(std::string_view text, std::string_view key) {
  const std::string wanted = "\t" + std::string(key) + " = ";
  const size_t at = text.find(wanted);
  if (at == text.npos) return {};
  text.remove_prefix(at + wanted.size());
  const size_t end = text.find(";\n");
  if (end == text.npos) return {};
  text = text.substr(0, end);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return text;
}

template <class T>
bool number(std::string_view text, T& out, int base = 10) {
  if (base == 16 && text.starts_with("0x")) text.remove_prefix(2);
  const auto r = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return r.ec == std::errc() && r.ptr == text.data() + text.size();
}

bool uuid_from(std::string_view text, Uuid& uuid) {
  std::string digits;
  for (char c : text)
    if (c != '-') digits += c;
  if (digits.size() != 32) return false;
  for (size_t i = 0; i < 16; i++)
    if (!number(std::string_view(digits).substr(2 * i, 2), uuid[i], 16)) return false;
  return to_text(uuid) == text;
}

bool intact(std::string_view text) {
  if (text.size() < checksum_size) return false;
  const std::string_view body = text.substr(0, text.size() - checksum_size);
  char wanted[64];
  std::snprintf(wanted, sizeof wanted, "\n/* checksum 0x%016" PRIx64 " */\n", checksum_of(body.data(), body.size()));
  return text.substr(body.size()) == wanted;
}

}  // namespace

Result<Provenance> parse_metadata(std::string_view text) {
  if (text.empty()) return fail(0, "is no trace: its metadata is empty");
  if (text.starts_with(packetized_magic)) return fail(0, "is a CTF trace, but not one of mirrorscope");
  const auto tracer = value_of(text, "tracer_name");
  if (tracer && *tracer != "mirrorscope") return fail(0, "is a CTF trace of ", shown(tracer->substr(0, 40)), ", not of mirrorscope");
  if (!tracer && text.starts_with(first_line) && !text.ends_with(" */\n"))
    return fail(0, "is a CTF trace, but not one of mirrorscope");
  if (!tracer || !text.starts_with(first_line)) return fail(0, "is no trace: its metadata is no CTF 1.8 text");

  Provenance p;
  const auto schema = value_of(text, "schema_hash");
  uint32_t format = 0;
  if (!intact(text) || !schema || !number(*schema, p.schema, 16) ||
      !number(value_of(text, "format").value_or(""), format))
    return fail(0, "has damaged metadata");
  if (format != format_version)
    return fail(0, "has format ", format, " and this version of mirrorscope reads format ", format_version);
  if (p.schema != schema_hash) {
    char hashes[96];
    std::snprintf(hashes, sizeof hashes, "its event table is 0x%016" PRIx64 ", this one's is 0x%016" PRIx64, p.schema,
                  schema_hash);
    return fail(0, "was recorded by another version of mirrorscope: ", hashes);
  }

  const auto text_of = [&](std::string_view key) { return shown(value_of(text, key).value_or("")); };
  p.recorder = text_of("recorder");
  p.kernel_release = text_of("kernel_release");
  p.kernel_version = text_of("kernel_version");
  p.machine = text_of("machine");
  p.host = text_of("host");
  p.command_line = text_of("command_line");
  p.boot_id = text_of("boot_id");
  p.raw_addresses = text_of("addresses") == "raw";
  const std::string origin = text_of("origin");
  const auto known = {Origin::recorded, Origin::model, Origin::written};
  const auto made = std::find_if(known.begin(), known.end(), [&](Origin o) { return to_string(o) == origin; });
  if (made == known.end()) return fail(0, "has metadata that does not say what made it: recorded, model or written");
  p.origin = *made;
  if (!uuid_from(text_of("uuid"), p.uuid) || !number(text_of("cpus"), p.cpus) ||
      !number(text_of("clock_offset"), p.clock_offset) || !number(text_of("started"), p.started))
    return fail(0, "has metadata without uuid, cpus, clock_offset or started");
  return p;
}

}  // namespace mirrorscope::trace
