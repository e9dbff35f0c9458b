// SPDX-License-Identifier: Apache-2.0
// How a recorded trace is opened: which streams it has, where it comes from.
//
//   auto reader = Reader::open("run.trace");
//   if (!reader) return reader.error();
//   for (size_t i = 0; i < reader->streams().size(); i++) {
//     Cursor cursor = reader->cursor(i);
//     while (const ev_header* r = cursor.next()) ...
//     for (const Damage& d : cursor.damage()) ...
//   }
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trace/provenance.h"
#include "trace/reading/cursor.h"
#include "trace/reading/folder.h"
#include "trace/result.h"

namespace mirrorscope::trace {

// One per CPU that recorded anything, and the one of the recorder itself (id == about_stream).
struct StreamInfo {
  uint16_t id;
  uint64_t bytes;                 // of all parts, when they were opened
  std::vector<StreamPart> parts;  // in order; more than one if the trace has segments
};

// A stream that is given as memory: file name ("cpu_0") and bytes.
struct MemoryStream {
  std::string name;
  std::span<const std::byte> bytes;
};

// Streams are read, never mapped: what is in memory is the packets that Cursors are in. Files stay open, so that a
// segment that a running recorder deletes can still be read. Moving a Reader keeps its Cursors valid; destroying it ends
// them.
class Reader {
 public:
  // A trace directory, or a directory of segments. What cannot be a trace at all is one Error, one sentence, whatever
  // the bytes; damage inside a trace is found by the Cursors.
  static Result<Reader> open(const std::filesystem::path& path);

  // The same without files. The caller keeps the bytes alive.
  static Result<Reader> from_memory(std::string_view metadata, std::span<const MemoryStream> streams);

  const Provenance& provenance() const { return provenance_; }
  // By id, the recorder's own stream last.
  std::span<const StreamInfo> streams() const { return streams_; }
  Cursor cursor(size_t stream, BufferStore* store = nullptr) const;
  // Files in the directory that belong to no stream, as a whole.
  std::span<const Damage> foreign() const { return foreign_; }
  // Segments that rotation has deleted in front of the first one here: with them, every CPU begins in the middle.
  uint32_t deleted_segments() const { return deleted_segments_; }

 private:
  Reader() = default;
  Result<void> add_folder(const Folder& folder, bool first);
  Result<void> add_entry(const Folder& folder, const std::string& name);
  void add_part(uint16_t stream, StreamPart part);
  void add_foreign(std::string shown, uint64_t bytes, std::string what);
  void sort_streams();

  Provenance provenance_;
  std::vector<StreamInfo> streams_;
  std::vector<Damage> foreign_;
  uint32_t deleted_segments_ = 0;
};

}  // namespace mirrorscope::trace
