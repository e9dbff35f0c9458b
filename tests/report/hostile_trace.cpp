// SPDX-License-Identifier: Apache-2.0
// Writes a trace again with other names in it: hostile_trace TRACE OUT NAMES FIRST. NAMES is a file of names, each ended by a zero byte. Every
// task, function, module and probe is called as the next one says, from number FIRST on; so are the kernel and the recorder in the
// metadata, whose checksum is right.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "schema/catalog.h"
#include "trace/format.h"
#include "trace/reading/merge.h"
#include "trace/reading/reader.h"
#include "trace/text/text.h"
#include "trace/writing/writer.h"

using namespace mirrorscope;

namespace {
int fail_with(const std::string& sentence) {
  std::fprintf(stderr, "hostile_trace: %s\n", sentence.c_str());
  return 2;
}

std::string whole(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class Namer {
 public:
  Namer(std::vector<std::string> names, size_t first) : names_(std::move(names)), next_(first) {}
  const std::string& next() { return names_[next_++ % names_.size()]; }
  // Every text of a record is replaced.
  void rename(trace::AnyRecord& r) {
    for (const FieldInfo& f : event_info(r.header().id)->fields) {
      if (f.type != FieldType::chars) continue;
      auto* chars = reinterpret_cast<char*>(r.bytes.data()) + f.offset;
      const std::string& name = next();
      std::memset(chars, 0, f.count);
      std::memcpy(chars, name.data(), std::min<size_t>(name.size(), f.count));
    }
  }

 private:
  std::vector<std::string> names_;
  size_t next_;
};

// What the writer would not write stands there all the same.
void forge(const std::string& file, Namer& namer) {
  std::string text = whole(file);
  text.resize(text.rfind("\n/* checksum"));
  for (const char* key : {"\tkernel_release = \"", "\trecorder = \""}) {
    const size_t at = text.find(key) + std::strlen(key);
    text.replace(at, text.find('"', at) - at, namer.next());
  }
  char last[64];
  std::snprintf(last, sizeof last, "\n/* checksum 0x%016" PRIx64 " */\n", trace::checksum_of(text.data(), text.size()));
  std::ofstream(file, std::ios::binary) << text << last;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return fail_with("usage: hostile_trace TRACE OUT NAMES FIRST");
  const auto reader = trace::Reader::open(argv[1]);
  if (!reader) return fail_with(reader.error().message);
  std::vector<std::string> names;
  const std::string all = whole(argv[3]);
  for (size_t at = 0; at < all.size(); at = all.find('\0', at) + 1) names.push_back(all.substr(at, all.find('\0', at) - at));
  if (names.empty()) return fail_with("no names");
  Namer namer(names, std::stoul(argv[4]));
  auto writer = trace::Writer::create(argv[2], reader->provenance());
  if (!writer) return fail_with(writer.error().message);
  trace::Merge merge(*reader);
  while (const ev_header* h = merge.next()) {
    trace::AnyRecord r;
    std::memcpy(r.bytes.data(), h, record_sizes[h->id]);
    namer.rename(r);
    if (auto done = writer->append(r.header().cpu, &r.header(), r.size()); !done) return fail_with(done.error().message);
  }
  if (auto done = writer->close(); !done) return fail_with(done.error().message);
  forge(std::string(argv[2]) + "/metadata", namer);
  return 0;
}
