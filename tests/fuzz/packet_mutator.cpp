// SPDX-License-Identifier: Apache-2.0
// How a fuzzer changes stream files: packet by packet, with right checksums, so that the checks behind the checksum are reached. The form of an
// input is that of reader_fuzz.cpp.
#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "schema/catalog.h"
#include "trace/format.h"

using namespace mirrorscope;
using namespace mirrorscope::trace;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace {
using Random = std::mt19937;

size_t below(Random& random, size_t end) { return end ? random() % end : 0; }

// Places in a file where a packet seems to begin, and its end.
std::vector<size_t> borders_of(const std::string& file) {
  std::vector<size_t> at;
  for (size_t i = 0; i + sizeof(PacketHead) <= file.size();) {
    PacketHead head;
    std::memcpy(&head, file.data() + i, sizeof head);
    if (head.magic != packet_magic) {
      ++i;
      continue;
    }
    at.push_back(i);
    const uint64_t size = head.packet_bits / 8;
    i += size >= sizeof head && size <= file.size() - i ? size : sizeof head;
  }
  at.push_back(file.size());
  return at;
}

void seal(std::string& packet) {
  PacketHead head;
  std::memcpy(&head, packet.data(), sizeof head);
  const uint64_t content = head.content_bits / 8;
  if (content >= sizeof head && content <= packet.size())
    head.records_checksum = checksum_of(packet.data() + sizeof head, content - sizeof head);
  head.head_checksum = checksum_of(head);
  std::memcpy(packet.data(), &head, sizeof head);
}

void change_head(std::string& packet, Random& random) {
  constexpr uint8_t fields[][2] = {{20, 4}, {24, 8}, {32, 4}, {36, 4}, {40, 4}, {44, 4}, {64, 8}, {72, 8}, {80, 8}, {88, 8}, {96, 8}, {104, 8}, {112, 8}};
  constexpr uint64_t hostile[] = {0, 1, 7, 119, 120, 121, 4096, 32768, 0xffff, 0xffffffff, 0x100000000, 1ull << 61, 1ull << 63, UINT64_MAX - 7, UINT64_MAX};
  const auto [at, size] = fields[below(random, std::size(fields))];
  uint64_t value = 0;
  std::memcpy(&value, packet.data() + at, size);
  switch (below(random, 3)) {
    case 0: value = hostile[below(random, std::size(hostile))]; break;
    case 1: value += below(random, 17) * 8 - 64; break;
    default: value ^= uint64_t{1} << below(random, 64); break;
  }
  std::memcpy(packet.data() + at, &value, size);
}

// A header field of one of its records, or any byte.
void change_records(std::string& packet, Random& random) {
  std::vector<size_t> records;
  for (size_t at = sizeof(PacketHead); at + sizeof(ev_header) <= packet.size();) {
    uint16_t id = 0;
    std::memcpy(&id, packet.data() + at + offsetof(ev_header, id), sizeof id);
    const uint32_t size = id < EV_LIMIT ? record_sizes[id] : 0;
    if (!size || size > packet.size() - at) break;
    records.push_back(at);
    at += size;
  }
  if (records.empty()) return;
  const size_t at = records[below(random, records.size())] + below(random, below(random, 2) ? sizeof(ev_header) : 64);
  if (at < packet.size()) packet[at] = static_cast<char>(static_cast<unsigned char>(packet[at]) ^ 1u << below(random, 8));
}

void mutate(std::string& file, Random& random) {
  const auto borders = borders_of(file);
  if (borders.size() < 2) return;
  const size_t which = below(random, borders.size() - 1);
  std::string packet = file.substr(borders[which], borders[which + 1] - borders[which]);
  switch (below(random, 7)) {
    case 0: file.erase(borders[which], packet.size()); return;
    case 1: file.insert(borders[below(random, borders.size())], packet); return;
    case 2: file.erase(borders[which] + below(random, packet.size()), 1 + below(random, 9)); return;
    case 3: file.resize(borders[which] + below(random, packet.size())); return;
    case 4: packet.resize((packet.size() + below(random, 8) * 512) & ~size_t{7}); break;
    case 5: change_records(packet, random); break;
    default: change_head(packet, random); break;
  }
  if (packet.size() < sizeof(PacketHead)) return;
  seal(packet);
  file.replace(borders[which], borders[which + 1] - borders[which], packet);
}
}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  Random random(seed);
  if (size < 6 || below(random, 4) == 0) return LLVMFuzzerMutate(data, size, most);
  std::vector<std::string> files;
  for (size_t at = 1; at + 4 <= size && files.size() < 5;) {
    uint32_t length = 0;
    std::memcpy(&length, data + at, 4);
    at += 4;
    length = static_cast<uint32_t>(std::min<size_t>(length, size - at));
    files.emplace_back(reinterpret_cast<const char*>(data + at), length);
    at += length;
  }
  if (files.empty()) return LLVMFuzzerMutate(data, size, most);
  for (size_t n = 1 + below(random, 3); n; --n) mutate(files[below(random, files.size())], random);
  std::string out(1, static_cast<char>(data[0]));
  for (const std::string& file : files) {
    const auto length = static_cast<uint32_t>(file.size());
    out.append(reinterpret_cast<const char*>(&length), 4);
    out += file;
  }
  out.resize(std::min(out.size(), most));
  std::memcpy(data, out.data(), out.size());
  return out.size();
}
