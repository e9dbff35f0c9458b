// SPDX-License-Identifier: Apache-2.0
// How records become a trace: the Writer collects them per stream into packets and puts these on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "schema/events.h"
#include "trace/format.h"
#include "trace/provenance.h"
#include "trace/result.h"
#include "trace/writing/claimed_folder.h"
#include "trace/writing/stream_file.h"

namespace mirrorscope::trace {

struct WriterOptions {
  size_t packet_bytes = size_t{256} << 10;  // largest packet, multiple of 4096: also what kill -9 can cost, per stream
  uint64_t segment_bytes = 0;               // start a new segment once the CPU streams of this one are larger; 0: never
  uint32_t keep_segments = 0;               // delete all but the newest so many; 0: keep all
};

// Records that were taken and could not be written (losses.def: disk_full, unwritten).
struct DiskLoss {
  uint64_t records = 0;
  uint64_t from = 0;   // ns, time of the first and
  uint64_t until = 0;  // of the last of them
};

// Writes one trace directory, or with segment_bytes a directory of them (FORMAT.md). Not thread-safe. Destroying a
// Writer without close() leaves what kill -9 leaves: all that was flushed.
//
// Disk full, or any other reason why a packet cannot be written: what is on disk stays readable. The call that meets it
// returns the error, once; from then on packets that cannot be written are dropped and counted in disk_losses() and in
// the stream's events_discarded, without an error, unless the reason is another one. When writing works again it goes on,
// and a later failure is reported once again. A segment that cannot be begun is no loss: the one before it grows on.
class Writer {
 public:
  // Begins a trace in a directory that was claimed for it. Metadata is on disk when this returns. All files are made with the
  // rights that this process has at that moment, some of them later.
  static Result<Writer> create(const ClaimedFolder& folder, Provenance provenance, WriterOptions options = {});
  // Claims the directory and begins; leaves no directory behind if that fails.
  static Result<Writer> create(const std::filesystem::path& path, Provenance provenance, WriterOptions options = {});

  // Takes whole records, one after the other, `bytes` in total, and copies them. All have header.cpu == stream and
  // ascend in time, also from call to call; `stream` is a CPU or about_stream. A record that breaks this is refused
  // with the ones behind it; the ones in front of it are taken. Where a packet would begin at the time of the one before
  // it, its first records are written with a time 1 ns later (FORMAT.md, "Times").
  Result<void> append(uint16_t stream, const ev_header* records, size_t bytes);

  // How many records of this stream were lost before they reached the Writer, since recording began. Never goes down.
  void discarded(uint16_t stream, uint64_t cumulative);

  // Puts everything taken so far on disk: after it, kill -9 costs nothing.
  Result<void> flush();

  // Ends this segment and begins the next. The CPU streams do so by themselves at segment_bytes.
  Result<void> rotate();

  // flush(), then cuts off the room that was reserved. No call may follow.
  Result<void> close();

  // By stream and errno; only those that there were.
  using DiskLosses = std::map<std::pair<uint16_t, int>, DiskLoss>;
  const DiskLosses& disk_losses() const { return disk_losses_; }
  // With the uuid in it.
  const Provenance& provenance() const { return provenance_; }
  // Bytes of all packets written so far, deleted segments included.
  uint64_t bytes_written() const { return bytes_written_; }

 private:
  struct Stream {
    uint16_t id = 0;
    std::vector<std::byte> pending;  // room for a head, then records
    uint32_t records = 0;            // in `pending`
    uint64_t first_time = 0;         // of `pending`
    uint64_t last_time = 0;          // of the last record taken
    uint32_t last_seq = 0;           // of the last record taken
    bool any = false;                // a record was taken
    bool starved = false;            // the last packet could not be written
    int error = 0;                   // why it could not
    uint64_t lost_outside = 0;       // discarded()
    uint64_t lost_here = 0;          // could not be written
    uint64_t discarded_on_disk = 0;  // what the last packet says
    uint64_t packet_seq = 0;    // of the next packet
    uint64_t packet_begin = 0;  // time_begin of the last one
    StreamFile file;
  };

  Writer(ClaimedFolder root, Provenance provenance, WriterOptions options);

  Stream& stream(uint16_t id);
  Result<void> make_room(Stream& s);
  Result<void> write_packet(Stream& s);
  Result<void> put_packet(Stream& s);
  static void join(Result<void>& first, const Result<void>& next);  // what both say
  static void raise_times(Stream& s, uint64_t least);
  Result<void> put(Stream& s, const PacketHead& head, std::span<const std::byte> records);
  Result<void> open_file(Stream& s, uint64_t time);
  Result<void> rotate_if_large();
  Result<void> drop_old_segments();
  PacketHead head_of(const Stream& s) const;
  const ClaimedFolder& folder_of(uint16_t stream) const { return stream == about_stream ? about_ : current_; }

  ClaimedFolder root_;     // of the trace
  ClaimedFolder current_;  // of the CPU streams: the current segment, root_ if there are none
  ClaimedFolder about_;    // of the recorder's own stream
  Provenance provenance_;
  WriterOptions options_;
  std::map<uint16_t, Stream> streams_;
  DiskLosses disk_losses_;
  uint32_t segment_ = 0;  // number of the current segment, 0: the trace has none
  uint32_t oldest_segment_ = 1;
  uint64_t segment_written_ = 0;
  int rotation_error_ = 0;  // errno of the last time that a segment should have ended, told already
  uint64_t bytes_written_ = 0;
  int starved_ = 0;  // streams whose last packet could not be written
  std::set<int> told_;  // errno of the failures that were returned since all was well
};

}  // namespace mirrorscope::trace
