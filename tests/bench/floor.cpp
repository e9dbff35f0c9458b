// SPDX-License-Identifier: Apache-2.0
// How fast can the bytes of a trace be touched at all? floor walk|random TRACE: every header read; with a random 8 MB access each.
#include <cstdio>
#include <cstring>
#include <vector>

#include "trace/reader.h"

using namespace mirrorscope;

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: floor walk|random TRACE\n"), 2;
  auto reader = trace::Reader::open(argv[2]);
  if (!reader) return std::fprintf(stderr, "floor: %s\n", reader.error().message.c_str()), 2;
  const bool random = std::strcmp(argv[1], "random") == 0;
  std::vector<uint64_t> state(1u << 20);  // 8 MB
  uint64_t sum = 0;
  for (size_t i = 0; i < reader->streams().size(); ++i) {
    trace::Cursor cursor = reader->cursor(i);
    while (const ev_header* h = cursor.next()) {
      sum += h->time ^ h->mm;
      if (random) sum += state[(h->time * 0x9e3779b97f4a7c15ull) >> 44]++;
    }
  }
  std::printf("%llu\n", static_cast<unsigned long long>(sum));
  return 0;
}
