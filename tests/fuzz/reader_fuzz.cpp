// SPDX-License-Identifier: Apache-2.0
// Whatever bytes stand in stream files: the reader neither crashes nor delivers a record that cannot be trusted, and it
// accounts for every byte.
//
// Input: a byte of switches, then files: 4 bytes of length each, and content. Switch 1: checksums are made right before
// reading, so that the checks behind them are reached. Switch 2: the first file is the metadata instead of ours.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "trace/metadata.h"
#include "trace/reading/merge.h"

using namespace mirrorscope;
using namespace mirrorscope::trace;

namespace {

Provenance provenance() {
  Provenance p;
  for (size_t i = 0; i < p.uuid.size(); i++) p.uuid[i] = static_cast<uint8_t>(0xA0 + i);
  return p;
}

void check(bool holds) {
  if (!holds) std::abort();
}

// Every place that looks like the head of a packet gets the checksums that belong to what it says.
void repair(std::vector<std::byte>& file) {
  for (size_t at = 0; at + sizeof(PacketHead) <= file.size(); at++) {
    PacketHead head;
    std::memcpy(&head, &file[at], sizeof head);
    if (head.magic != packet_magic) continue;
    const uint64_t room = file.size() - at - sizeof head;
    const uint64_t content = head.content_bits / 8 - sizeof head;
    if (content <= room) head.records_checksum = checksum_of(&file[at] + sizeof head, content);
    head.head_checksum = checksum_of(head);
    std::memcpy(&file[at], &head, sizeof head);
    if (content <= room) at += content;
  }
}

// What a consumer relies on.
void consume(const Reader& reader) {
  for (size_t i = 0; i < reader.streams().size(); i++) {
    Cursor cursor = reader.cursor(i);
    uint64_t time = 0;
    uint64_t sum = 0;
    while (const ev_header* r = cursor.next()) {
      check(event_info(r->id) != nullptr && r->cpu == cursor.stream() && r->time >= time);
      check(reinterpret_cast<uintptr_t>(r) % 8 == 0);
      time = r->time;
      const auto* bytes = reinterpret_cast<const uint8_t*>(r);
      for (size_t b = 0; b < record_sizes[r->id]; b++) sum += bytes[b];
    }
    check(sum != 1);  // keeps the loop
    uint64_t bytes = cursor.good_bytes();
    for (const Damage& d : cursor.damage()) {
      bytes += d.bytes;
      check(d.first_time <= d.last_time && !d.what.empty());
      check(!to_text(d).empty() && lost_record(d).h.id == EV_lost);
    }
    check(bytes == reader.streams()[i].bytes);
  }
  // Looked at again when all packets were left, as by the threads of SharedPass.
  BufferStore store;
  Merge merge(reader, &store);
  std::vector<std::pair<const ev_header*, ev_header>> seen;
  uint64_t time = 0;
  while (const ev_header* r = merge.next()) {
    check(r->time >= time);
    time = r->time;
    seen.emplace_back(r, *r);
  }
  const auto packets = store.left();
  for (const auto& [r, copy] : seen) check(std::memcmp(r, &copy, sizeof copy) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string ours = metadata_text(provenance());
  if (size == 0) return 0;
  const uint8_t switches = *data++;
  size--;
  std::vector<std::vector<std::byte>> files;
  while (size > 0 && files.size() < 5) {
    uint32_t length = 0;
    if (size >= 4) std::memcpy(&length, data, 4), data += 4, size -= 4;
    if (length > size) length = static_cast<uint32_t>(size);
    const auto* at = reinterpret_cast<const std::byte*>(data);
    files.emplace_back(at, at + length);
    data += length;
    size -= length;
    if (switches & 1) repair(files.back());
    if (length == 0) break;
  }
  std::string metadata = ours;
  if (switches & 2 && !files.empty()) {
    metadata.assign(reinterpret_cast<const char*>(files[0].data()), files[0].size());
    files.erase(files.begin());
  }
  // The second and third file continue the first one's stream, as segments do.
  const char* const names[] = {"cpu_0", "cpu_0", "about", "cpu_1", "cpu_x"};
  std::vector<MemoryStream> streams;
  for (size_t i = 0; i < files.size(); i++) streams.push_back({names[i], files[i]});
  auto reader = Reader::from_memory(metadata, streams);
  if (reader)
    consume(*reader);
  else
    check(reader.error().message.find('\n') == std::string::npos);
  return 0;
}
