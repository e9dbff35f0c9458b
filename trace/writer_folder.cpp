// SPDX-License-Identifier: Apache-2.0
// Which directories a Writer makes, and which old ones it deletes.
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "trace/metadata.h"
#include "trace/writer.h"

namespace mirrorscope::trace {

namespace fs = std::filesystem;

namespace {

// Under its final name only when it is whole.
Result<void> write_metadata(const fs::path& folder, const Provenance& provenance) {
  const fs::path unfinished = folder / ".metadata";
  const fs::path finished = folder / "metadata";
  const int fd = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fail(errno, "cannot create ", unfinished.string());
  const std::string text = metadata_text(provenance);
  int error = 0;
  for (size_t done = 0; done < text.size() && error == 0;) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n > 0)
      done += static_cast<size_t>(n);
    else if (errno != EINTR)
      error = errno;
  }
  if (::close(fd) != 0 && error == 0) error = errno;
  if (error == 0 && ::rename(unfinished.c_str(), finished.c_str()) != 0) error = errno;
  if (error == 0) return {};
  ::unlink(unfinished.c_str());
  return fail(error, "cannot write ", finished.string());
}

Result<void> make_trace_folder(const fs::path& folder, const Provenance& provenance) {
  if (::mkdir(folder.c_str(), 0700) != 0) return fail(errno, "cannot create ", folder.string());
  auto written = write_metadata(folder, provenance);
  if (!written) ::rmdir(folder.c_str());
  return written;
}

fs::path segment_name(uint32_t number) {
  char name[16];
  std::snprintf(name, sizeof name, "%04u", number);
  return name;
}

}  // namespace

Result<void> Writer::is_free(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return {};
  if (!fs::is_directory(path, error)) return fail(0, path.string(), " exists and is no directory");
  const bool empty = fs::is_empty(path, error);
  if (error) return fail(error.value(), "cannot look into ", path.string());
  if (!empty) return fail(0, path.string(), " exists and is not empty; a trace needs a directory of its own");
  return {};
}

Result<Writer> Writer::create(const fs::path& path, Provenance provenance, WriterOptions options) {
  if (options.packet_bytes % packet_page != 0 || options.packet_bytes == 0 || options.packet_bytes > largest_packet)
    return fail(EINVAL, "a packet cannot have ", options.packet_bytes, " bytes");
  if (provenance.uuid == Uuid{} && getentropy(provenance.uuid.data(), provenance.uuid.size()) != 0)
    return fail(errno, "cannot make a uuid");

  if (auto free = is_free(path); !free) return free.error();
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail(errno, "cannot create ", path.string());
  Writer writer(path, std::move(provenance), options);
  if (options.segment_bytes == 0) {
    if (auto written = write_metadata(path, writer.provenance_); !written) return written.error();
    return writer;
  }
  if (auto made = make_trace_folder(path / "about", writer.provenance_); !made) return made.error();
  if (auto made = make_trace_folder(path / segment_name(1), writer.provenance_); !made) return made.error();
  writer.segment_ = 1;
  return writer;
}

fs::path Writer::folder_of(uint16_t stream) const {
  if (segment_ == 0) return path_;
  return path_ / (stream == about_stream ? fs::path("about") : segment_name(segment_));
}

// The new folder is made before the old files are closed: if it cannot be made, writing goes on in the old segment.
Result<void> Writer::rotate() {
  if (segment_ == 0) return fail(0, path_.string(), " was not created with segments");
  segment_written_ = 0;
  Result<void> first;
  for (auto& [id, s] : streams_) {
    auto written = write_packet(s);
    if (first) first = written;
  }
  if (auto made = make_trace_folder(path_ / segment_name(segment_ + 1), provenance_); !made) return made;
  segment_++;
  for (auto& [id, s] : streams_) {
    if (id == about_stream) continue;
    auto closed = s.file.close();
    if (first) first = closed;
  }
  auto dropped = drop_old_segments();
  return first ? dropped : first;
}

// Records go first and metadata last, so that what is left of a half-deleted segment can be read.
Result<void> Writer::drop_old_segments() {
  while (options_.keep_segments > 0 && segment_ - oldest_segment_ >= options_.keep_segments) {
    const fs::path folder = path_ / segment_name(oldest_segment_++);
    int error = 0;
    for (const auto& [id, s] : streams_)
      if (::unlink((folder / stream_name(id)).c_str()) != 0 && errno != ENOENT) error = errno;
    if (::unlink((folder / "metadata").c_str()) != 0 || ::rmdir(folder.c_str()) != 0) error = errno;
    if (error != 0) return fail(error, "cannot delete ", folder.string());
  }
  return {};
}

}  // namespace mirrorscope::trace
