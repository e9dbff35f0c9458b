// SPDX-License-Identifier: Apache-2.0
// Whether bytes are a packet that can be trusted record by record, and if not, why.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "trace/format.h"

namespace mirrorscope::trace {

struct Defect {
  std::string what;        // empty: there is none
  bool truncated = false;  // the bytes end too early, as far as there are any they may be right
  explicit operator bool() const { return !what.empty(); }
};

// Looks at a head only. `left`: how many bytes the file has from here on, of which `bytes` are the first, at any address:
// a whole head if there are as many. Without a defect `head` is filled and all records lie in the file; of the padding
// behind them a part may be missing.
Defect head_defect(std::span<const std::byte> bytes, uint64_t left, const Uuid& uuid, uint16_t stream, PacketHead& head);

// Looks at the records of a packet whose head is good; `records` is aligned to 8. Without a defect every record has a
// known id, lies in `records` as a whole, belongs to the stream, and is not older than the one before it.
Defect records_defect(const PacketHead& head, std::span<const std::byte> records);

// Every packet begins with so many bytes that are the same in the whole trace.
inline constexpr size_t packet_mark = sizeof PacketHead::magic + sizeof PacketHead::uuid;
// Where in `bytes` these are; bytes.size() if nowhere.
size_t find_packet(std::span<const std::byte> bytes, const Uuid& uuid);

}  // namespace mirrorscope::trace
