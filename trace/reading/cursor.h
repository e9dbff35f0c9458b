// SPDX-License-Identifier: Apache-2.0
// One stream of a trace, record by record, and what of its bytes could not be delivered.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "schema/catalog.h"
#include "trace/format.h"
#include "trace/reading/source.h"
#include "trace/reading/stretch.h"

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

// One file of a stream.
struct StreamPart {
  std::string name;
  std::shared_ptr<const Source> source;  // null: there is no file
  std::string instead;                   //   what there is: "a directory"
};

// Walks the parts of one stream. Every record it delivers is whole, of a known id, of this stream, and not older than
// the one before it, whatever the bytes are. Cost per record: two dependent loads; each packet is read and checked when
// it is entered.
class Cursor {
 public:
  // `parts` must outlive the Cursor. first_packet: number that the first packet should have, none = any. `store`: where
  // packets go when the Cursor enters the next one, for others to go on looking at their records.
  static constexpr uint64_t any_packet = UINT64_MAX;
  Cursor(uint16_t stream, const Uuid& uuid, std::span<const StreamPart> parts, uint64_t first_packet = 0,
         BufferStore* store = nullptr);

  // The next record, null at the end. It stays valid until the next() that enters another packet, which may be the next
  // one: who keeps it longer copies it, or has a store. Moving the Cursor moves no record.
  const ev_header* next() {
    if (at_ == end_ && !next_packet_with_records()) return nullptr;
    const auto* record = reinterpret_cast<const ev_header*>(at_);
    at_ += record_sizes[record->id];
    return record;
  }

  // Records are wanted only of packets of which this is true, given the times of their first and last record: the others
  // count as good and are not even read. For a look at a trace that was read as a whole before.
  using Wanted = std::function<bool(uint64_t first, uint64_t last)>;
  void only(Wanted wanted) { wanted_ = std::move(wanted); }

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
  uint64_t next_packet(uint64_t from);
  void pass_unreadable(const StreamPart& part);
  void pass_cut(const StreamPart& part);
  void resume(const PacketHead& head);
  void name_damage(const StreamPart& part, uint64_t offset, uint64_t bytes, ms_loss cause, std::string what);

  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  uint16_t stream_;
  Uuid uuid_;
  std::span<const StreamPart> parts_;
  Stretch stretch_;       // of the current part
  size_t part_ = 0;       // index of the part we are in
  bool entered_ = false;  // it is open
  uint64_t offset_ = 0;   // in this part, of the next packet
  uint64_t unreadable_ = 0;  // bytes that the last failure to read cost
  Wanted wanted_;
  uint64_t next_packet_;  // number that should come next
  uint64_t time_ = 0;     // end of the last good packet
  uint64_t discarded_ = 0;
  uint32_t seq_ = 0;  // of the last record delivered
  bool any_ = false;  // a record was delivered
  uint64_t good_bytes_ = 0;
  size_t open_damage_ = 0;  // from here on, damages do not know yet what follows them
  std::vector<Damage> damage_;
};

}  // namespace mirrorscope::trace
