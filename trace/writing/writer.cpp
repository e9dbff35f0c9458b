// SPDX-License-Identifier: Apache-2.0
// How records are collected into packets, and what happens when one cannot be written.
#include "trace/writing/writer.h"

#include <algorithm>
#include <cerrno>

namespace mirrorscope::trace {

Writer::Writer(ClaimedFolder root, Provenance provenance, WriterOptions options)
    : root_(root), current_(root), about_(root), provenance_(std::move(provenance)), options_(options) {}

Writer::Stream& Writer::stream(uint16_t id) {
  Stream& s = streams_[id];
  if (s.pending.empty()) {
    s.id = id;
    s.last_time = provenance_.started;
    s.pending.reserve(options_.packet_bytes);
    s.pending.resize(sizeof(PacketHead));
  }
  return s;
}

Result<void> Writer::append(uint16_t stream_id, const ev_header* records, size_t bytes) {
  Stream& s = stream(stream_id);
  const auto* at = reinterpret_cast<const std::byte*>(records);
  const auto* const end = at + bytes;
  Result<void> first_error;
  while (at != end) {
    // As many records as fit into the packet are checked, then copied in one go.
    const size_t room = options_.packet_bytes - s.pending.size();
    const auto* const first = at;
    uint32_t taken = 0;
    uint64_t time = s.any || s.packet_seq > 0 ? s.last_time : 0;
    uint32_t seq = s.last_seq;
    const char* refused = nullptr;
    while (at != end) {
      const size_t left = static_cast<size_t>(end - at);
      const auto* r = reinterpret_cast<const ev_header*>(at);
      if (left < sizeof(ev_header) || r->id >= EV_LIMIT || record_sizes[r->id] == 0 || record_sizes[r->id] > left)
        refused = "has an unknown id or is cut off";
      else if (r->cpu != stream_id)
        refused = "belongs to another stream";
      else if (r->time < time)
        refused = "is older than the one before it";
      if (refused != nullptr || static_cast<size_t>(at - first) + record_sizes[r->id] > room) break;
      time = r->time;
      seq = r->seq;
      at += record_sizes[r->id];
      taken++;
    }
    if (taken > 0) {
      if (s.records == 0) s.first_time = reinterpret_cast<const ev_header*>(first)->time;
      s.pending.insert(s.pending.end(), first, at);
      s.records += taken;
      s.last_time = time;
      s.last_seq = seq;
      s.any = true;
    }
    if (refused != nullptr)
      return fail(EINVAL, "cannot write a record into stream ", stream_name(stream_id), " because it ", refused);
    if (at != end) {
      join(first_error, make_room(s));
    }
  }
  join(first_error, rotate_if_large());
  return first_error;
}

void Writer::discarded(uint16_t stream_id, uint64_t cumulative) { stream(stream_id).lost_outside = cumulative; }

// The packet is full: it is written, or its records are lost here and now.
Result<void> Writer::make_room(Stream& s) {
  auto written = write_packet(s);
  if (s.records == 0) return written;
  DiskLoss& loss = disk_losses_[{s.id, s.error}];
  if (loss.records == 0) loss.from = s.first_time;
  loss.records += s.records;
  loss.until = s.last_time;
  s.lost_here += s.records;
  s.pending.resize(sizeof(PacketHead));
  s.records = 0;
  return written;
}

// On failure the records stay where they are. The error is returned if it is news, see Writer.
Result<void> Writer::write_packet(Stream& s) {
  if (s.records == 0 && s.lost_outside + s.lost_here <= s.discarded_on_disk) return {};
  auto done = put_packet(s);
  if (starved_ == 0) told_.clear();
  starved_ += (done ? 0 : 1) - (s.starved ? 1 : 0);
  s.starved = !done;
  s.error = done ? 0 : done.error().code;
  if (!done && !told_.insert(s.error).second) return {};
  return done;
}

Result<void> Writer::put_packet(Stream& s) {
  PacketHead head = head_of(s);
  head.time_begin = s.records > 0 ? s.first_time : s.last_time;
  head.discarded = s.lost_outside + s.lost_here;
  if (!s.file.is_open())
    if (auto opened = open_file(s, head.time_begin); !opened) return opened;
  // A CTF reader takes differences of events_discarded: without a packet that says 0, the first loss has no count.
  if (s.packet_seq == 0 && head.discarded > 0) {
    PacketHead nothing = head_of(s);
    nothing.time_begin = nothing.time_end = std::min(head.time_begin, provenance_.started);
    if (auto begun = put(s, nothing, {}); !begun) return begun;
    head.packet_seq = s.packet_seq;
  }
  if (s.packet_seq > 0 && head.time_begin <= s.packet_begin) {
    head.time_begin = s.packet_begin + 1;
    raise_times(s, head.time_begin);
  }
  head.time_end = std::max(s.last_time, head.time_begin);
  head.records = s.records;
  const auto records = std::span<const std::byte>(s.pending).subspan(sizeof head);
  if (s.records > 0) {
    head.first_seq = reinterpret_cast<const ev_header*>(records.data())->seq;
    head.last_seq = s.last_seq;
  }
  if (auto done = put(s, head, records); !done) return done;
  s.pending.resize(sizeof head);
  s.records = 0;
  return {};
}

// The records that are older than this, the first ones, get this time.
void Writer::raise_times(Stream& s, uint64_t least) {
  for (size_t at = sizeof(PacketHead); at < s.pending.size();) {
    auto* r = reinterpret_cast<ev_header*>(&s.pending[at]);
    if (r->time >= least) return;
    r->time = least;
    at += record_sizes[r->id];
  }
}

Result<void> Writer::put(Stream& s, const PacketHead& head, std::span<const std::byte> records) {
  const uint64_t before = s.file.size();
  if (auto done = s.file.put(head, records); !done) return done;
  const uint64_t bytes = s.file.size() - before;
  bytes_written_ += bytes;
  if (s.id != about_stream) segment_written_ += bytes;
  s.packet_seq++;
  s.packet_begin = head.time_begin;
  s.discarded_on_disk = head.discarded;
  return {};
}

PacketHead Writer::head_of(const Stream& s) const {
  PacketHead head{};
  head.magic = packet_magic;
  std::copy(provenance_.uuid.begin(), provenance_.uuid.end(), head.uuid);
  head.stream = head.cpu = s.id;
  head.packet_seq = s.packet_seq;
  return head;
}

Result<void> Writer::open_file(Stream& s, uint64_t time) {
  PacketHead before = head_of(s);
  before.time_begin = before.time_end = s.packet_seq == 0 ? std::min(time, provenance_.started) : time;
  before.discarded = s.discarded_on_disk;
  auto file = StreamFile::create(folder_of(s.id), stream_name(s.id), before);
  if (!file) return file.error();
  s.file = *std::move(file);
  return {};
}

// Each failure is returned once only: none may hide behind another.
void Writer::join(Result<void>& first, const Result<void>& next) {
  if (next) return;
  first = first ? next : Result<void>(Error{first.error().message + "; " + next.error().message, first.error().code});
}

Result<void> Writer::flush() {
  Result<void> first;
  for (auto& [id, s] : streams_) {
    join(first, write_packet(s));
  }
  join(first, rotate_if_large());
  return first;
}

Result<void> Writer::rotate_if_large() {
  if (options_.segment_bytes == 0 || segment_written_ <= options_.segment_bytes) return {};
  const uint32_t before = segment_;
  auto turned = rotate();
  const bool same = !turned && segment_ == before && turned.error().code == rotation_error_;
  rotation_error_ = turned ? 0 : turned.error().code;
  return same ? Result<void>{} : turned;
}

Result<void> Writer::close() {
  Result<void> first;
  for (auto& [id, s] : streams_) {
    join(first, make_room(s));
    join(first, s.file.close());
  }
  return first;
}

}  // namespace mirrorscope::trace
