// SPDX-License-Identifier: Apache-2.0
// Which bytes a stream file consists of: the numbers and the packet head behind FORMAT.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/record.h"

namespace mirrorscope::trace {

using Uuid = std::array<uint8_t, 16>;

// `cpu` of the records that the recorder itself makes, and of the stream that carries them.
inline constexpr uint16_t about_stream = MS_ABOUT_CPU;

inline constexpr uint32_t packet_magic = 0xC1FC1FC1;        // CTF 1.8
inline constexpr size_t packet_page = 4096;                 // packets start and end on multiples of it
inline constexpr size_t largest_packet = size_t{16} << 20;  // head and records; room that is not filled may be larger
inline constexpr uint32_t format_version = 1;               // of everything that FORMAT.md says

// What stands in front of the records of a packet: CTF packet header, a gap, CTF packet context. Little-endian. The gap
// is alignment to a reader of CTF; what we keep there does not turn up in front of every event that babeltrace2 prints.
struct PacketHead {
  uint32_t magic;             // packet header
  uint8_t uuid[16];           //   of the trace
  uint32_t stream_class;      //   always 0
  uint64_t stream;            //   CPU or about_stream
  uint32_t records;           // gap; 0: nothing happened, or room that is not filled yet
  uint32_t first_seq;         //   ev_header::seq of the first and the last record
  uint32_t last_seq;          //
  uint32_t zero;              //
  uint64_t records_checksum;  //   XXH3-64 of the records
  uint64_t head_checksum;     //   XXH3-64 of this head with 0 here
  uint64_t time_begin;        // packet context; ns, of the first record
  uint64_t time_end;          //   ns, of the last record
  uint64_t content_bits;      //   head and records
  uint64_t packet_bits;       //   head, records and padding
  uint64_t packet_seq;        //   running number in this stream, across segments
  uint64_t discarded;         //   records of this stream that are missing so far, cumulative
  uint64_t cpu;               //   as `stream`
};
static_assert(sizeof(PacketHead) == 120 && offsetof(PacketHead, time_begin) == 64);

uint64_t checksum_of(const void* bytes, size_t size);
// What head.head_checksum has to be.
uint64_t checksum_of(PacketHead head);

// "cpu_3", "about"
std::string stream_name(uint16_t stream);

// The other direction; false if no stream has this name.
bool stream_named(std::string_view name, uint16_t& stream);

// "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
std::string to_text(const Uuid& uuid);

}  // namespace mirrorscope::trace
