// SPDX-License-Identifier: Apache-2.0
// Which folders a Writer makes, and which old ones it deletes.
#include <sys/random.h>

#include <cerrno>
#include <cstdio>

#include "trace/metadata.h"
#include "trace/writing/writer.h"

namespace mirrorscope::trace {

namespace {

Result<ClaimedFolder> make_trace_folder(const ClaimedFolder& root, const std::string& name, const Provenance& provenance) {
  auto folder = root.make_folder(name);
  if (!folder) return folder;
  if (auto written = folder->make_file("metadata", metadata_text(provenance)); !written) {
    if (auto removed = root.remove_folder(name); !removed) return removed.error();
    return written.error();
  }
  return folder;
}

std::string segment_name(uint32_t number) {
  char name[16];
  std::snprintf(name, sizeof name, "%04u", number);
  return name;
}

}  // namespace

Result<Writer> Writer::create(const std::filesystem::path& path, Provenance provenance, WriterOptions options) {
  auto folder = ClaimedFolder::claim(path);
  if (!folder) return folder.error();
  auto writer = create(*folder, std::move(provenance), options);
  if (!writer) folder->give_up();
  return writer;
}

Result<Writer> Writer::create(const ClaimedFolder& folder, Provenance provenance, WriterOptions options) {
  if (options.packet_bytes % packet_page != 0 || options.packet_bytes == 0 || options.packet_bytes > largest_packet)
    return fail(EINVAL, "cannot write packets of ", options.packet_bytes, " bytes");
  if (provenance.uuid == Uuid{} && getentropy(provenance.uuid.data(), provenance.uuid.size()) != 0)
    return fail(errno, "cannot make a uuid");

  Writer writer(folder, std::move(provenance), options);
  if (options.segment_bytes == 0) {
    if (auto written = folder.make_file("metadata", metadata_text(writer.provenance_)); !written) return written.error();
    return writer;
  }
  auto about = make_trace_folder(folder, "about", writer.provenance_);
  if (!about) return about.error();
  auto first = make_trace_folder(folder, segment_name(1), writer.provenance_);
  if (!first) {
    for (const auto& undone : {about->remove_file("metadata"), folder.remove_folder("about")})
      if (!undone) return undone.error();
    return first.error();
  }
  writer.about_ = *about;
  writer.current_ = *first;
  writer.segment_ = 1;
  return writer;
}

// The new folder is made before the old files are closed: if it cannot be made, writing goes on in the old segment.
Result<void> Writer::rotate() {
  if (segment_ == 0) return fail(0, root_.path().string(), " was not created with segments");
  segment_written_ = 0;
  Result<void> first;
  for (auto& [id, s] : streams_) {
    join(first, write_packet(s));
  }
  auto made = make_trace_folder(root_, segment_name(segment_ + 1), provenance_);
  if (!made) {
    join(first, Error{"no new segment is begun, and " + current_.path().string() + " grows on: " + made.error().message, made.error().code});
    return first;
  }
  segment_++;
  for (auto& [id, s] : streams_) {
    if (id == about_stream) continue;
    join(first, s.file.close());
  }
  current_ = *made;
  join(first, drop_old_segments());
  return first;
}

// Records go first and metadata last, so that what is left of a half-deleted segment can be read.
Result<void> Writer::drop_old_segments() {
  while (options_.keep_segments > 0 && segment_ - oldest_segment_ >= options_.keep_segments) {
    const std::string name = segment_name(oldest_segment_++);
    auto folder = root_.open_folder(name);
    Result<void> first;
    if (!folder) first = folder.error();
    if (folder) {
      for (const auto& [id, s] : streams_)
        if (auto removed = folder->remove_file(stream_name(id)); first) first = removed;
      if (auto removed = folder->remove_file("metadata"); first) first = removed;
      if (auto removed = root_.remove_folder(name); first) first = removed;
    }
    if (!first) return Error{"an old segment stays: " + first.error().message, first.error().code};
  }
  return {};
}

}  // namespace mirrorscope::trace
