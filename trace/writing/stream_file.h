// SPDX-License-Identifier: Apache-2.0
// How a packet is put on disk so that a process killed at any instant leaves nothing but whole packets behind it.
//
// The kernel may stop a write between two pages when the process is killed, so a packet larger than a page can be torn,
// and a torn packet at the end makes babeltrace2 refuse the trace. Hence a file is at every instant a sequence of whole
// packets:
//   1. It grows by pages that each hold an empty packet; a torn write of such pages leaves whole packets.
//   2. One write within a page turns the first of them into an empty packet that covers all the room.
//   3. Records are written into that room, and behind them the head of an empty packet for the rest of it: nobody sees
//   it.
//   4. One write within a page puts the packet's real head in place.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "trace/format.h"
#include "trace/result.h"
#include "trace/writing/claimed_folder.h"

namespace mirrorscope::trace {

class StreamFile {
 public:
  // A new file (0600) in `folder`. `before` describes the stream before the first packet: whose it is, up to which time, how many
  // records are missing, which packet comes next.
  static Result<StreamFile> create(const ClaimedFolder& folder, const std::string& name, const PacketHead& before);

  bool is_open() const { return bool(fd_); }

  // Puts one packet behind the others: a head with room for it in front of `records`. Sizes and checksums of the head
  // are filled in here. On an error nothing has changed, and the same packet can be tried again.
  Result<void> put(PacketHead head, std::span<const std::byte> records);

  // Cuts off the room behind the last packet and closes. A file without a packet is removed.
  Result<void> close();

  // Bytes of the packets put so far.
  uint64_t size() const { return end_; }

 private:
  // The empty packet that says: nothing follows so far.
  PacketHead blank(uint64_t packet_seq, uint64_t bytes) const;
  Result<void> reserve(uint64_t end);
  std::string path() const { return (folder_->path() / name_).string(); }

  OwnedFd fd_;
  std::optional<ClaimedFolder> folder_;
  std::string name_;
  PacketHead last_{};      // the state after the last packet
  uint64_t end_ = 0;       // of the last packet
  uint64_t reserved_ = 0;  // size of the file
};

}  // namespace mirrorscope::trace
