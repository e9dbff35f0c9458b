// SPDX-License-Identifier: Apache-2.0
// How a Cursor gets from packet to packet, around damage.
#include "trace/reading/cursor.h"

#include <algorithm>
#include <cstring>

#include "trace/packet.h"

namespace mirrorscope::trace {

namespace {
constexpr uint64_t most_unreadable = uint64_t{1} << 30;

std::string not_there(uint64_t first, uint64_t last) {
  if (first == last) return "packet " + std::to_string(first) + " is not there";
  return "packets " + std::to_string(first) + " to " + std::to_string(last) + " are not there";
}
std::string cannot_be_read(int error) { return std::string("it cannot be read: ") + std::strerror(error); }
}  // namespace

Cursor::Cursor(uint16_t stream, const Uuid& uuid, std::span<const StreamPart> parts, uint64_t first_packet,
               BufferStore* store)
    : stream_(stream), uuid_(uuid), parts_(parts), stretch_(store), next_packet_(first_packet) {}

bool Cursor::next_packet_with_records() {
  for (; part_ < parts_.size(); part_++, entered_ = false) {
    const StreamPart& part = parts_[part_];
    if (!part.source) {
      name_damage(part, 0, 0, MS_loss_corrupt, part.instead + " is in its place");
      continue;
    }
    if (!entered_) {
      entered_ = true;
      offset_ = 0;
      stretch_.enter(part.source);
    }
    while (offset_ < stretch_.end())
      if (enter_packet(part)) return true;
    pass_cut(part);
  }
  return false;
}

// At offset_ of the part. Moves offset_ on in any case; true if there are records to deliver.
bool Cursor::enter_packet(const StreamPart& part) {
  const uint64_t offset = offset_;
  PacketHead head;
  const auto start = stretch_.at(offset, sizeof head, false);
  if (start.size() < sizeof head && stretch_.error() != 0) {
    pass_unreadable(part);
    return false;
  }
  unreadable_ = 0;
  const uint64_t left = stretch_.end() - std::min(stretch_.end(), offset);
  Defect defect = head_defect(start, left, uuid_, stream_, head);
  if (defect) {
    if (defect.truncated && stretch_.end() < part.source->size()) {
      pass_cut(part);
      return false;
    }
    if (defect.truncated && part.source->has_grown()) {  // a recorder runs: there was room when the file was opened
      good_bytes_ += left;
      offset_ = stretch_.end();
      return false;
    }
    // The head cannot be believed: whatever looks like the next one is where it goes on.
    offset_ = next_packet(offset + 1);
    name_damage(part, offset, offset_ - offset, defect.truncated ? MS_loss_truncated : MS_loss_corrupt,
                std::move(defect.what));
    return false;
  }

  const uint64_t size = std::min<uint64_t>(head.packet_bits / 8, left);
  const bool wanted = head.records > 0 && (!wanted_ || wanted_(head.time_begin, head.time_end));
  std::span<const std::byte> records;
  if (next_packet_ != any_packet && head.packet_seq < next_packet_) {
    defect.what =
        "packet " + std::to_string(head.packet_seq) + " where packet " + std::to_string(next_packet_) + " belongs";
  } else if (head.time_begin < time_) {
    defect.what = "the packet is older than the one before it";
  } else if (head.discarded < discarded_) {
    defect.what = "the packet counts fewer lost records than the one before it";
  } else if (wanted || head.records == 0) {
    const size_t content = head.content_bits / 8;
    const auto packet = stretch_.at(offset, content, true);
    if (packet.size() >= content) {
      records = packet.subspan(sizeof head, content - sizeof head);
      defect = records_defect(head, records);
    } else if (stretch_.error() != 0) {
      defect.what = cannot_be_read(stretch_.error());
    } else {
      pass_cut(part);
      return false;
    }
  }

  offset_ += size;
  if (defect) {
    stretch_.slow_down();
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
  if (size < head.packet_bits / 8 && stretch_.end() == part.source->size())
    name_damage(part, offset_, 0, MS_loss_truncated, "the file ends in the padding of a packet");
  if (head.records == 0) return false;
  seq_ = head.last_seq;
  any_ = true;
  if (!wanted) {
    stretch_.slow_down();
    return false;
  }
  at_ = records.data();
  end_ = at_ + records.size();
  stretch_.lend();
  return true;
}

// Where, at `from` or behind it, a packet may begin, or reading fails, or the file ends.
uint64_t Cursor::next_packet(uint64_t from) {
  stretch_.slow_down();
  for (;;) {
    if (!stretch_.holds(from + packet_mark - 1)) from = parts_[part_].source->next_data(from);  // no packet begins in a hole
    if (from >= stretch_.end()) return stretch_.end();
    const auto bytes = stretch_.at(from, packet_mark, false);
    const size_t found = find_packet(bytes, uuid_);
    if (found < bytes.size()) return from + found;
    if (bytes.size() < packet_mark) return stretch_.error() != 0 ? from : stretch_.end();
    from += bytes.size() - (packet_mark - 1);
  }
}

// The disk does not give what is at offset_. It may have lost more than a page: each failure in a row costs twice as
// many bytes, so that a file that is gone as a whole is not tried page by page.
void Cursor::pass_unreadable(const StreamPart& part) {
  unreadable_ = std::clamp<uint64_t>(2 * unreadable_, packet_page, most_unreadable);
  const uint64_t next = std::min(stretch_.end(), (offset_ / packet_page * packet_page) + unreadable_);
  name_damage(part, offset_, next - offset_, MS_loss_corrupt, cannot_be_read(stretch_.error()));
  offset_ = next;
}

// From offset_ on there is nothing any more that was there when the file was opened.
void Cursor::pass_cut(const StreamPart& part) {
  const uint64_t size = part.source->size();
  if (offset_ >= size) return;
  name_damage(part, offset_, size - offset_, MS_loss_truncated, "the file became shorter while it was read");
  offset_ = size;
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
