// SPDX-License-Identifier: Apache-2.0
// How the schema and the provenance are written as TSDL (CTF 1.8).
#include "trace/metadata.h"

#include <cinttypes>
#include <cstdio>

#include "schema/catalog.h"
#include "trace/format.h"

namespace mirrorscope::trace {

namespace {

std::string hex(uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%016" PRIx64, value);
  return text;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) out += c < ' ' || c > '~' || c == '"' || c == '\\' ? '?' : c;
  return out + '"';
}

// align = 8 everywhere: records are laid out without padding, so the bytes are where they are without further rules.
constexpr std::string_view types = R"(
typealias integer { size = 8; align = 8; signed = false; } := u8;
typealias integer { size = 16; align = 8; signed = false; } := u16;
typealias integer { size = 32; align = 8; signed = false; } := u32;
typealias integer { size = 64; align = 8; signed = false; } := u64;
typealias integer { size = 32; align = 8; signed = true; } := i32;
typealias integer { size = 64; align = 8; signed = true; } := i64;
typealias integer { size = 8; align = 8; signed = false; encoding = UTF8; } := char8;
typealias integer { size = 32; align = 8; signed = false; base = hex; } := hex32;
typealias integer { size = 64; align = 8; signed = false; base = hex; } := hex64;
)";

constexpr std::string_view layout = R"(
typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; } := time64;

stream {
	id = 0;
	packet.context := struct {
		/* the 32 bytes in front of it are the recorder's own: checksums, see FORMAT.md */
		integer { size = 64; align = 512; signed = false; map = clock.monotonic.value; } timestamp_begin;
		time64 timestamp_end;
		u64 content_size;
		u64 packet_size;
		u64 packet_seq_num;
		u64 events_discarded;
		u64 cpu_id;
	};
	event.header := struct {
		time64 timestamp;
		u16 id;
	};
	event.context := struct {
		u16 _cpu;
		u32 _seq;
		hex64 _mm;
		u32 _tid;
		u32 _tgid;
	};
};
)";

std::string type_of(const FieldInfo& f) {
  switch (f.type) {
    case FieldType::u8:
      return "u8";
    case FieldType::u16:
      return "u16";
    case FieldType::u32:
      return "u32";
    case FieldType::u64:
      return "u64";
    case FieldType::i32:
    case FieldType::err:
      return "i32";
    case FieldType::i64:
      return "i64";
    case FieldType::chars:
      return "char8";
    case FieldType::addr:
    case FieldType::ptr:
    case FieldType::pfn:
      return "hex64";
    case FieldType::enumeration:
      return "enum " + std::string(f.labels->name);
  }
  return {};
}

void add_enum(std::string& out, const EnumInfo& labels) {
  out += "\nenum " + std::string(labels.name) + " : u32 {\n";
  for (const EnumValue& v : labels.values) out += "\t" + quoted(v.label) + " = " + std::to_string(v.value) + ",\n";
  out += "};\n";
}

// A leading underscore is CTF's way to allow field names that are keywords of TSDL; readers take it off.
void add_event(std::string& out, const EventInfo& e) {
  out += "\nevent {\n\tid = " + std::to_string(e.id) + ";\n\tstream_id = 0;\n\tname = " + quoted(e.name) +
         ";\n\tfields := struct {\n";
  for (const FieldInfo& f : e.fields) {
    out += "\t\t" + type_of(f) + " _" + std::string(f.name);
    if (f.count > 1) out += "[" + std::to_string(f.count) + "]";
    out += ";\n";
  }
  out += "\t};\n};\n";
}

// CTF wants seconds and a rest that is not negative.
std::string clock(const Provenance& p) {
  int64_t seconds = p.clock_offset / 1'000'000'000;
  int64_t rest = p.clock_offset % 1'000'000'000;
  if (rest < 0) seconds--, rest += 1'000'000'000;
  std::string out = "\nclock {\n\tname = \"monotonic\";\n";
  out += "\tdescription = \"CLOCK_MONOTONIC; the offset is the wall clock when recording started\";\n";
  out += "\tfreq = 1000000000;\n\toffset_s = " + std::to_string(seconds) + ";\n\toffset = " + std::to_string(rest);
  return out + ";\n\tabsolute = true;\n};\n";
}

}  // namespace

std::string metadata_text(const Provenance& p) {
  const std::string uuid = quoted(to_text(p.uuid));
  std::string out = "/* CTF 1.8 */\n";
  out += types;
  out += "\ntrace {\n\tmajor = 1;\n\tminor = 8;\n\tuuid = " + uuid + ";\n\tbyte_order = le;\n";
  out += "\tpacket.header := struct {\n\t\thex32 magic;\n\t\tu8 uuid[16];\n\t\tu32 stream_id;\n";
  out += "\t\tu64 stream_instance_id;\n\t};\n};\n";

  out += "\nenv {\n\ttracer_name = \"mirrorscope\";\n";
  out += "\tformat = " + std::to_string(format_version) + ";\n";
  out += "\tschema_hash = " + quoted(hex(p.schema)) + ";\n";
  out += "\torigin = " + quoted(to_string(p.origin)) + ";\n";
  out += "\trecorder = " + quoted(p.recorder) + ";\n";
  out += "\tkernel_release = " + quoted(p.kernel_release) + ";\n";
  out += "\tkernel_version = " + quoted(p.kernel_version) + ";\n";
  out += "\tmachine = " + quoted(p.machine) + ";\n";
  out += "\thost = " + quoted(p.host) + ";\n";
  out += "\tcommand_line = " + quoted(p.command_line) + ";\n";
  out += "\tboot_id = " + quoted(p.boot_id) + ";\n";
  out += "\tcpus = " + std::to_string(p.cpus) + ";\n";
  out += "\tclock = \"monotonic\";\n";
  out += "\tclock_offset = " + std::to_string(p.clock_offset) + ";\n";
  out += "\tstarted = " + std::to_string(p.started) + ";\n";
  out += "\taddresses = " + quoted(p.raw_addresses ? "raw" : "hashed") + ";\n};\n";
  out += clock(p);
  out += layout;

#define ENUM_BEGIN(name) add_enum(out, catalog::enum_##name);
#define VALUE(name, value, label, says)
#define ENUM_END(name)
#include "schema/enums.def"
#undef ENUM_BEGIN
#undef VALUE
#undef ENUM_END
  for (const EventInfo& e : catalog::events) add_event(out, e);

  out += "\n/* checksum " + hex(checksum_of(out.data(), out.size())) + " */\n";
  return out;
}

}  // namespace mirrorscope::trace
