// SPDX-License-Identifier: Apache-2.0
#include "vocabulary.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

namespace mirrorscope::trace {

namespace fs = std::filesystem;

Provenance somewhere() {
  Provenance p;
  p.recorder = "0.0.0";
  p.kernel_release = "7.0.0-test";
  p.kernel_version = "#1 SMP";
  p.machine = "x86_64";
  p.boot_id = "00000000-0000-0000-0000-000000000001";
  for (size_t i = 0; i < p.uuid.size(); i++) p.uuid[i] = static_cast<uint8_t>(0xA0 + i);
  p.started = 1'000'000;
  p.clock_offset = 1'700'000'000'123'456'789;
  p.cpus = 4;
  return p;
}

AnyRecord record_of(uint16_t event, uint16_t cpu, uint32_t seq, uint64_t time) {
  const EventInfo& info = *event_info(event);
  AnyRecord r;
  uint64_t state = (uint64_t{cpu} << 32) + seq + event;
  for (size_t i = sizeof(ev_header); i < info.size; i++) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    r.bytes[i] = static_cast<std::byte>(state >> 56);
  }
  r.header() = {time, event, cpu, seq, 0xffff888000000000ull + seq, 1000u + cpu, 1000};
  return r;
}

size_t Outcome::records() const {
  size_t sum = 0;
  for (const auto& [stream, list] : lines) sum += list.size();
  return sum;
}

std::string Outcome::seqs(uint16_t stream) const {
  std::string out;
  if (const auto it = raw.find(stream); it != raw.end())
    for (const AnyRecord& r : it->second) out += (out.empty() ? "" : " ") + std::to_string(r.header().seq);
  return out;
}

std::string Outcome::damages() const {
  std::string out;
  for (const Damage& d : damage) out += to_text(d) + "\n";
  return out;
}

Outcome read_all(const Result<Reader>& reader) {
  Outcome o;
  if (!reader) {
    o.error = reader.error().message;
    return o;
  }
  for (const Damage& d : reader->foreign()) o.damage.push_back(d);
  for (size_t i = 0; i < reader->streams().size(); i++) {
    Cursor cursor = reader->cursor(i);
    while (const ev_header* r = cursor.next()) {
      AnyRecord copy;
      std::memcpy(copy.bytes.data(), r, record_sizes[r->id]);
      o.raw[cursor.stream()].push_back(copy);
      o.lines[cursor.stream()].push_back(to_text(*r));
    }
    o.accounted += cursor.good_bytes();
    for (const Damage& d : cursor.damage()) o.damage.push_back(d);
  }
  for (const Damage& d : o.damage) o.accounted += d.bytes;
  return o;
}

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void overwrite(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

std::optional<Babeltrace> babeltrace(const fs::path& trace) {
  if (std::system("command -v babeltrace2 >/dev/null 2>&1") != 0) return {};
  Babeltrace result{0, "", "", 0, 0};
  const fs::path complaints = trace.parent_path() / "complaints";
  FILE* pipe = popen(("babeltrace2 '" + trace.string() + "' 2>'" + complaints.string() + "'").c_str(), "r");
  char line[65536];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    result.out += line;
    result.events++;
  }
  result.exit_code = pclose(pipe);
  result.complaints = bytes_of(complaints);
  std::istringstream lines(result.complaints);
  for (std::string text; std::getline(lines, text);) {
    unsigned long long n = 0;
    if (std::sscanf(text.c_str(), "WARNING: Tracer discarded %llu event", &n) == 1) result.discarded += n;
  }
  return result;
}

TraceTest::TraceTest() {
  char name[] = "/tmp/trace_test.XXXXXX";
  folder = mkdtemp(name);
  path = folder / "t";
}

TraceTest::~TraceTest() {
  writer.reset();
  std::error_code ignored;
  fs::remove_all(folder, ignored);
}

void TraceTest::begin(WriterOptions options) {
  auto made = Writer::create(path, somewhere(), options);
  ASSERT_TRUE(made) << made.error().message;
  writer.emplace(*std::move(made));
}

// The event differs from record to record; all of them occur.
void TraceTest::record(uint16_t cpu, int count) {
  for (int i = 0; i < count; i++) {
    const uint32_t seq = seq_[cpu]++;
    const AnyRecord r = record_of(catalog::events[(seq * 7 + cpu) % catalog::events.size()].id, cpu, seq, now += 100);
    auto taken = writer->append(cpu, &r.header(), r.size());
    ASSERT_TRUE(taken) << taken.error().message;
    written[cpu].push_back(to_text(r.header()));
  }
}

void TraceTest::lose(uint16_t cpu, uint32_t count) {
  seq_[cpu] += count;
  writer->discarded(cpu, lost_[cpu] += count);
}

void TraceTest::flush() {
  auto done = writer->flush();
  ASSERT_TRUE(done) << done.error().message;
}

void TraceTest::end() {
  auto done = writer->close();
  ASSERT_TRUE(done) << done.error().message;
  writer.reset();
}

std::vector<std::string> TraceTest::files() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (!entry.is_directory()) names.push_back(fs::relative(entry.path(), path).string());
  std::sort(names.begin(), names.end());
  return names;
}

uint64_t TraceTest::bytes_on_disk() const {
  uint64_t sum = 0;
  for (const std::string& name : files())
    if (!name.ends_with("metadata")) sum += fs::file_size(path / name);
  return sum;
}

}  // namespace mirrorscope::trace
