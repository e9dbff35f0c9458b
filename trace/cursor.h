// SPDX-License-Identifier: Apache-2.0
// One stream of a trace, record by record, and what of its bytes could not be delivered.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "schema/catalog.h"
#include "trace/format.h"

namespace mirrorscope::trace {

// Bytes that are in a trace and are not delivered, or packets that should be there and are not (bytes == 0).
struct Damage {
  uint16_t stream;
  std::string file;  // as given to the Reader
  uint64_t offset;   // in the file
  uint64_t bytes;
  ms_loss cause;        // MS_loss_corrupt or MS_loss_truncated
  uint64_t first_time;  // ns: what is lost happened neither before this
  uint64_t last_time;   // nor after this; UINT64_MAX: no good packet follows
  uint32_t missing;     // records between the neighbours by their sequence numbers, 0 if a neighbour is missing
  std::string what;     // half a sentence: "the checksum of the records does not match"
};

// One line for a person: file, bytes, cause.
std::string to_text(const Damage& damage);

// The same as a record for rules; its header has the time `first_time`.
ev_lost lost_record(const Damage& damage);

// One file of a stream. Views only: whoever made it keeps name and bytes alive.
struct StreamPart {
  std::string name;
  std::span<const std::byte> bytes;
  bool mapped = false;  // pages that have been read may be given back to the kernel
};

// Walks the parts of one stream. Every record it delivers is whole, of a known id, of this stream, and not older than
// the one before it, whatever the bytes are. Cost per record: two dependent loads; each packet is checked when it is
// entered.
class Cursor {
 public:
  // `parts` must outlive the Cursor. first_packet: number that the first packet should have, none = any.
  static constexpr uint64_t any_packet = UINT64_MAX;
  Cursor(uint16_t stream, const Uuid& uuid, std::span<const StreamPart> parts, uint64_t first_packet = 0);

  // The next record, null at the end. It stays valid as long as both the Cursor and the Reader behind it.
  const ev_header* next() {
    if (at_ == end_ && !next_packet_with_records()) return nullptr;
    const auto* record = reinterpret_cast<const ev_header*>(at_);
    at_ += record_sizes[record->id];
    return record;
  }

  uint16_t stream() const { return stream_; }
  // Grows while the Cursor moves: all that lies in front of the next record. Complete once next() has returned null.
  std::span<const Damage> damage() const { return damage_; }
  // Records that the stream's events_discarded counts, up to the packet of the last record.
  uint64_t discarded() const { return discarded_; }
  // Bytes in good packets so far; with the bytes in damage() this is, at the end, the size of all parts.
  uint64_t good_bytes() const { return good_bytes_; }

 private:
  bool next_packet_with_records();
  bool enter_packet(const StreamPart& part);
  void resume(const PacketHead& head);
  void name_damage(const StreamPart& part, uint64_t offset, uint64_t bytes, ms_loss cause, std::string what);
  void give_back(const StreamPart& part);

  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  uint16_t stream_;
  Uuid uuid_;
  std::span<const StreamPart> parts_;
  size_t part_ = 0;      // index of the part we are in
  uint64_t offset_ = 0;  // in this part, of the next packet
  uint64_t given_back_ = 0;
  uint64_t next_packet_;  // number that should come next
  uint64_t time_ = 0;     // end of the last good packet
  uint64_t discarded_ = 0;
  uint32_t seq_ = 0;  // of the last record delivered
  bool any_ = false;  // a record was delivered
  uint64_t good_bytes_ = 0;
  size_t open_damage_ = 0;  // from here on, damages do not know yet what follows them
  std::vector<Damage> damage_;
  std::vector<std::unique_ptr<uint64_t[]>> copies_;  // packets that damage has moved to odd addresses
};

}  // namespace mirrorscope::trace
