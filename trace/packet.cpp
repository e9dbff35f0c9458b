// SPDX-License-Identifier: Apache-2.0
// The checks of packet.h. Nothing in the bytes is believed before it has been compared with the size of what is there.
#include "trace/packet.h"

#include <cstring>

#include "schema/catalog.h"

namespace mirrorscope::trace {

namespace {
Defect broken(std::string what) { return {std::move(what), false}; }
}  // namespace

Defect head_defect(std::span<const std::byte> bytes, uint64_t left, const Uuid& uuid, uint16_t stream,
                   PacketHead& head) {
  if (bytes.size() < sizeof head) return {"the file ends inside the head of a packet", true};
  std::memcpy(&head, bytes.data(), sizeof head);
  if (head.magic != packet_magic) return broken("no packet begins here");
  if (std::memcmp(head.uuid, uuid.data(), uuid.size()) != 0) return broken("the packet belongs to another trace");
  if (head.head_checksum != checksum_of(head)) return broken("the packet's head is damaged");

  // From here on the head is as some writer wrote it; what follows refuses writers that are not ours.
  if (head.stream != stream || head.cpu != stream) return broken("the packet belongs to another stream");
  if (head.stream_class != 0 || head.zero != 0) return broken("the packet is of a class that does not exist");
  if (head.content_bits % 64 != 0 || head.packet_bits % 64 != 0 || head.content_bits < sizeof head * 8 ||
      head.packet_bits < head.content_bits)
    return broken("the packet's sizes make no sense");
  if (head.content_bits / 8 > largest_packet) return broken("the packet is larger than any packet is");
  if (head.time_begin > head.time_end) return broken("the packet ends before it begins");
  if ((head.records == 0) != (head.content_bits == sizeof head * 8))
    return broken("the packet's number of records and its size do not fit together");
  if (head.content_bits / 8 > left) return {"the file ends inside a packet", true};
  return {};
}

Defect records_defect(const PacketHead& head, std::span<const std::byte> records) {
  if (head.records_checksum != checksum_of(records.data(), records.size()))
    return broken("the checksum of the records does not match");
  if (head.records == 0) return {};

  const std::byte* at = records.data();
  const std::byte* const end = at + records.size();
  uint64_t time = head.time_begin;
  uint32_t count = 0;
  const ev_header* r = nullptr;
  if (records.size() >= sizeof(ev_header)) {
    const auto* first = reinterpret_cast<const ev_header*>(at);
    if (first->time != time || first->seq != head.first_seq) return broken("the first record is not the head's");
  }
  while (at != end) {
    const auto left = static_cast<size_t>(end - at);
    if (left < sizeof(ev_header)) return broken("a record is cut off");
    r = reinterpret_cast<const ev_header*>(at);
    const uint32_t size = r->id < EV_LIMIT ? record_sizes[r->id] : 0;
    if (size == 0 || size > left) return broken("a record has an unknown id or is cut off");
    if (r->cpu != head.cpu) return broken("a record belongs to another stream");
    if (r->time < time) return broken("a record is older than the one before it");
    time = r->time;
    at += size;
    count++;
  }
  if (count != head.records || r->time != head.time_end || r->seq != head.last_seq)
    return broken("the records are not the head's");
  return {};
}

size_t find_packet(std::span<const std::byte> bytes, const Uuid& uuid) {
  char mark[packet_mark];
  std::memcpy(mark, &packet_magic, sizeof packet_magic);
  std::memcpy(mark + sizeof packet_magic, uuid.data(), uuid.size());
  const void* found = memmem(bytes.data(), bytes.size(), mark, sizeof mark);
  return found == nullptr ? bytes.size() : static_cast<size_t>(static_cast<const std::byte*>(found) - bytes.data());
}

}  // namespace mirrorscope::trace
