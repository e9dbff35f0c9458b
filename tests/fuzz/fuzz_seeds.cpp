// SPDX-License-Identifier: Apache-2.0
// Makes the inputs that fuzzing starts from: fuzz_seeds DIRECTORY TARGET [FROM...]
//
// Those of check_fuzz, report_fuzz, export_fuzz and explain_fuzz are the records of FROM: files of cases, each case one input, and traces, for example
// of `mirrorscope explore --write-trace`.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "case_file.h"
#include "trace/metadata.h"
#include "trace/reading/merge.h"
#include "trace/text/text.h"
#include "trace/writing/writer.h"

using namespace mirrorscope;
using namespace mirrorscope::trace;
namespace fs = std::filesystem;

namespace {

fs::path folder;

void seed(const std::string& name, const std::string& bytes) {
  std::ofstream(folder / name, std::ios::binary) << bytes;
}

std::string file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto length = static_cast<uint32_t>(bytes.size());
  return std::string(reinterpret_cast<const char*>(&length), 4) + bytes;
}

AnyRecord record(uint16_t event, uint16_t cpu, uint32_t seq) {
  AnyRecord r;
  for (size_t i = 32; i < record_sizes[event]; i++) r.bytes[i] = static_cast<std::byte>(i % 7 == 0 ? seq : 0);
  r.header() = {1000 + seq, event, cpu, seq, 0xffff888000000000, 7, 7};
  return r;
}

// With the uuid that reader_fuzz expects.
void traces() {
  Provenance p;
  for (size_t i = 0; i < p.uuid.size(); i++) p.uuid[i] = static_cast<uint8_t>(0xA0 + i);
  char scratch[] = "/tmp/fuzz_seeds.XXXXXX";
  const fs::path path = fs::path(mkdtemp(scratch)) / "t";
  for (const bool closed : {true, false}) {
    for (const uint32_t records : {1u, 40u, 100u}) {
      fs::remove_all(path);
      auto writer = Writer::create(path, p, {.packet_bytes = 4096});
      if (!writer) std::exit(1);
      for (uint32_t i = 0; i < records; i++)
        for (const uint16_t cpu : {uint16_t{0}, uint16_t{1}, about_stream}) {
          const AnyRecord r = record(catalog::events[i % catalog::events.size()].id, cpu, i);
          if (!writer->append(cpu, &r.header(), r.size())) std::exit(1);
          if (i == 20) writer->discarded(cpu, 3);
        }
      if (!(closed ? writer->close() : writer->flush())) std::exit(1);
      const std::string name = std::to_string(records) + (closed ? "c" : "o");
      const std::string cpu0 = file(path / "cpu_0");
      for (const char switches : {'\0', '\1'}) {
        seed("one" + name + std::to_string(switches), switches + cpu0);
        seed("four" + name + std::to_string(switches),
             switches + cpu0 + cpu0 + file(path / "about") + file(path / "cpu_1"));
      }
      seed("metadata" + name, '\2' + file(path / "metadata") + cpu0);
    }
  }
  fs::remove_all(path.parent_path());
}

void lines() {
  for (const EventInfo& e : catalog::events) seed(std::string(e.name), to_text(record(e.id, 1, 5).header()));
  seed("short", "inv_start start=0x1000 end=0x3000 reason=unmap seq=7 cpu=1");
  seed("err", "inv_start_ret ret=-EAGAIN h.seq=3");
  seed("chars", "task_name comm=\"a\\x41\\\"\" task=1");
}

// In the form of record_input.h.
class RecordSeed {
 public:
  explicit RecordSeed(bool recorded) : bytes_(1, static_cast<char>(recorded)) {}
  // False: the input is as long as one should be.
  bool add(const ev_header& record) {
    bytes_.append(reinterpret_cast<const char*>(&record), record_sizes[record.id]);
    return bytes_.size() < 200'000;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

bool records_of(const fs::path& from) {
  const std::string stem = from.stem().string();
  if (fs::is_directory(from)) {
    auto reader = Reader::open(from);
    if (!reader) return std::fprintf(stderr, "fuzz_seeds: %s\n", reader.error().message.c_str()), false;
    RecordSeed whole(reader->provenance().origin == Origin::recorded);
    Merge merge(*reader);
    while (const ev_header* record = merge.next())
      if (!whole.add(*record)) break;
    seed(stem, whole.bytes());
    return true;
  }
  const auto file = test::read_cases(from);
  if (!file) return std::fprintf(stderr, "fuzz_seeds: %s\n", file.error().message.c_str()), false;
  for (size_t i = 0; i < file->cases.size(); ++i) {
    RecordSeed one(false);
    for (const AnyRecord& r : file->cases[i].records)
      if (!one.add(r.header())) break;
    seed(stem + "." + std::to_string(i), one.bytes());
  }
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return std::fputs("usage: fuzz_seeds DIRECTORY TARGET [FROM...]\n", stderr), 2;
  folder = arguments[1];
  const std::string target = arguments[2];
  if (target == "text_fuzz") return lines(), 0;
  if (target == "reader_fuzz") return traces(), 0;
  for (int i = 3; i < count; ++i)
    if (!records_of(arguments[i])) return 1;
}
