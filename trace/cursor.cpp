// SPDX-License-Identifier: Apache-2.0
// How a Cursor gets from packet to packet, around damage.
#include "trace/cursor.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "trace/packet.h"

namespace mirrorscope::trace {

namespace {
constexpr uint64_t give_back_every = uint64_t{2} << 20;  // the size of a huge page

std::string not_there(uint64_t first, uint64_t last) {
  if (first == last) return "packet " + std::to_string(first) + " is not there";
  return "packets " + std::to_string(first) + " to " + std::to_string(last) + " are not there";
}
}  // namespace

Cursor::Cursor(uint16_t stream, const Uuid& uuid, std::span<const StreamPart> parts, uint64_t first_packet)
    : stream_(stream), uuid_(uuid), parts_(parts), next_packet_(first_packet) {}

bool Cursor::next_packet_with_records() {
  while (part_ < parts_.size()) {
    const StreamPart& part = parts_[part_];
    if (offset_ < part.bytes.size()) {
      if (enter_packet(part)) return true;
      continue;
    }
    part_++;
    offset_ = given_back_ = 0;
  }
  return false;
}

// At offset_ of the part. Moves offset_ on in any case; true if there are records to deliver.
bool Cursor::enter_packet(const StreamPart& part) {
  const auto left = part.bytes.subspan(offset_);
  PacketHead head;
  Defect defect = head_defect(left, uuid_, stream_, head);
  if (defect) {
    // The head cannot be believed: whatever looks like the next one is where it goes on.
    const uint64_t next = next_packet(part.bytes, offset_ + 1, uuid_);
    name_damage(part, offset_, next - offset_, defect.truncated ? MS_loss_truncated : MS_loss_corrupt,
                std::move(defect.what));
    offset_ = next;
    return false;
  }

  const uint64_t size = std::min<uint64_t>(head.packet_bits / 8, left.size());
  auto records = left.subspan(sizeof head, head.content_bits / 8 - sizeof head);
  if (reinterpret_cast<uintptr_t>(records.data()) % alignof(ev_header) != 0) {
    auto& copy = copies_.emplace_back(new uint64_t[records.size() / 8]);
    if (!records.empty()) std::memcpy(copy.get(), records.data(), records.size());
    records = std::as_bytes(std::span(copy.get(), records.size() / 8));
  }
  if (next_packet_ != any_packet && head.packet_seq < next_packet_)
    defect.what =
        "packet " + std::to_string(head.packet_seq) + " where packet " + std::to_string(next_packet_) + " belongs";
  else if (head.time_begin < time_)
    defect.what = "the packet is older than the one before it";
  else if (head.discarded < discarded_)
    defect.what = "the packet counts fewer lost records than the one before it";
  else
    defect = records_defect(head, records);

  const uint64_t offset = offset_;
  offset_ += size;
  if (defect) {
    name_damage(part, offset, size, MS_loss_corrupt, std::move(defect.what));
    return false;
  }
  if (next_packet_ != any_packet && head.packet_seq != next_packet_ && open_damage_ == damage_.size())
    name_damage(part, offset, 0, MS_loss_corrupt, not_there(next_packet_, head.packet_seq - 1));
  good_bytes_ += size;
  next_packet_ = head.packet_seq + 1;
  resume(head);
  time_ = head.time_end;
  discarded_ = head.discarded;
  if (size < head.packet_bits / 8)
    name_damage(part, part.bytes.size(), 0, MS_loss_truncated, "the file ends in the padding of a packet");
  if (head.records == 0) return false;
  seq_ = head.last_seq;
  any_ = true;
  at_ = records.data();
  end_ = at_ + records.size();
  give_back(part);
  return true;
}

// A good packet tells when the damage in front of it ended, and if it has records, how many are missing.
void Cursor::resume(const PacketHead& head) {
  for (size_t i = open_damage_; i < damage_.size(); i++) {
    if (damage_[i].last_time == UINT64_MAX) damage_[i].last_time = head.time_begin;
    if (head.records > 0 && any_) damage_[i].missing = head.first_seq - seq_ - 1;
  }
  if (head.records > 0) open_damage_ = damage_.size();
}

// Neighbouring bytes are one damage; its cause is the first one found.
void Cursor::name_damage(const StreamPart& part, uint64_t offset, uint64_t bytes, ms_loss cause, std::string what) {
  if (damage_.size() > open_damage_) {
    Damage& before = damage_.back();
    if (before.last_time == UINT64_MAX && before.file == part.name && before.offset + before.bytes == offset) {
      before.bytes += bytes;
      return;
    }
  }
  damage_.push_back({stream_, part.name, offset, bytes, cause, time_, UINT64_MAX, 0, std::move(what)});
}

// Keeps the resident part of a mapping small; a page that is touched again is simply read again.
void Cursor::give_back(const StreamPart& part) {
  if (!part.mapped || offset_ - given_back_ < 2 * give_back_every) return;
  madvise(const_cast<std::byte*>(part.bytes.data()) + given_back_, give_back_every, MADV_DONTNEED);
  given_back_ += give_back_every;
}

std::string to_text(const Damage& d) {
  std::string text = d.file + ": " + d.what;
  if (d.bytes > 0)
    text +=
        ", bytes " + std::to_string(d.offset) + " to " + std::to_string(d.offset + d.bytes - 1) + " are not delivered";
  if (d.missing > 0) text += ", " + std::to_string(d.missing) + " records are missing";
  return text;
}

ev_lost lost_record(const Damage& d) {
  ev_lost lost{};
  lost.h.time = d.first_time;
  lost.h.id = EV_lost;
  lost.h.cpu = d.stream;
  lost.from = d.first_time;
  lost.until = d.last_time;
  lost.count = d.missing;
  lost.cause = d.cause;
  lost.on_cpu = d.stream == about_stream ? -1 : d.stream;
  return lost;
}

}  // namespace mirrorscope::trace
