// SPDX-License-Identifier: Apache-2.0
// How fast can the records of a trace be touched at all? floor walk|random|reader TRACE
//
// walk: each file is read into one buffer, packet by packet, and the header of each record is looked at; nothing is checked. random: with
// an access to a random place of 8 MB for each record. reader: what a Cursor delivers, checksums and all.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "trace/format.h"
#include "trace/reading/reader.h"

using namespace mirrorscope;

namespace {
class Touch {
 public:
  explicit Touch(bool random) : random_(random), state_(1u << 20) {}  // 8 MB
  void operator()(const ev_header& h) {
    sum += h.time ^ h.mm;
    if (random_) sum += state_[(h.time * 0x9e3779b97f4a7c15ull) >> 44]++;
  }
  uint64_t sum = 0;

 private:
  bool random_;
  std::vector<uint64_t> state_;
};

void walk(const std::string& path, Touch& touch) {
  constexpr size_t kBuffer = 256 << 10;
  alignas(4096) static std::byte buffer[kBuffer];
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  trace::PacketHead head;
  for (off_t offset = 0; pread(fd, buffer, kBuffer, offset) >= static_cast<ssize_t>(sizeof head);
       offset += static_cast<off_t>(head.packet_bits / 8)) {
    std::memcpy(&head, buffer, sizeof head);
    if (head.content_bits / 8 > kBuffer || head.packet_bits == 0) break;
    const std::byte* const end = buffer + head.content_bits / 8;
    for (const std::byte* at = buffer + sizeof head; at < end;) {
      const auto& record = *reinterpret_cast<const ev_header*>(at);
      touch(record);
      at += record_sizes[record.id];
    }
  }
  close(fd);
}
}  // namespace

int main(int argc, char** argv) {
  const std::string how = argc == 3 ? argv[1] : "";
  if (how != "walk" && how != "random" && how != "reader") return std::fprintf(stderr, "usage: floor walk|random|reader TRACE\n"), 2;
  Touch touch(how == "random");
  if (how == "reader") {
    auto reader = trace::Reader::open(argv[2]);
    if (!reader) return std::fprintf(stderr, "floor: %s\n", reader.error().message.c_str()), 2;
    for (size_t i = 0; i < reader->streams().size(); ++i) {
      trace::Cursor cursor = reader->cursor(i);
      while (const ev_header* h = cursor.next()) touch(*h);
    }
  } else {
    for (const auto& entry : std::filesystem::directory_iterator(argv[2]))
      if (entry.path().filename() != "metadata") walk(entry.path().string(), touch);
  }
  std::printf("%llu\n", static_cast<unsigned long long>(touch.sum));
  return 0;
}
