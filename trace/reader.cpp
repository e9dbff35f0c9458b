// SPDX-License-Identifier: Apache-2.0
// What is a trace and what is not, file by file.
#include "trace/reader.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>

#include "trace/metadata.h"

namespace mirrorscope::trace {

namespace fs = std::filesystem;

namespace {

constexpr size_t largest_metadata = size_t{16} << 20;

// Names in byte order; hidden files are nobody's business (a Writer's unfinished metadata is one).
Result<std::vector<fs::path>> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (!it->path().filename().string().starts_with(".")) entries.push_back(it->path());
  if (error) return fail(error.value(), "cannot look into ", folder.string());
  std::sort(entries.begin(), entries.end());
  return entries;
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

// "0012" -> 12; 0 if it is no segment's name.
uint32_t segment_number(const fs::path& path) {
  const std::string name = path.filename().string();
  uint32_t number = 0;
  const auto r = std::from_chars(name.data(), name.data() + name.size(), number);
  return r.ec == std::errc() && r.ptr == name.data() + name.size() ? number : 0;
}

}  // namespace

Result<Reader> Reader::open(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  if (!fs::exists(status)) return fail(error ? error.value() : ENOENT, "cannot open ", path.string());
  if (!fs::is_directory(status)) return fail(0, path.string(), " is no trace: a trace is a directory");

  Reader reader;
  if (is_there(path / "metadata")) {
    if (auto added = reader.add_folder(path, true); !added) return added.error();
    reader.sort_streams();
    return reader;
  }

  const auto entries = entries_of(path);
  if (!entries) return entries.error();
  std::map<uint32_t, fs::path> segments;
  for (const fs::path& entry : *entries)
    if (const uint32_t number = segment_number(entry); number > 0 && is_there(entry / "metadata"))
      segments[number] = entry;
  const bool has_about = is_there(path / "about" / "metadata");
  if (segments.empty() && !has_about) {
    if (entries->empty()) return fail(0, path.string(), " is no trace: the directory is empty");
    return fail(0, path.string(), " is no trace: it has no file `metadata`");
  }
  bool first = true;
  if (has_about) {
    if (auto added = reader.add_folder(path / "about", first); !added) return added.error();
    first = false;
  }
  for (const auto& [number, folder] : segments) {
    if (auto added = reader.add_folder(folder, first); !added) return added.error();
    first = false;
  }
  reader.deleted_segments_ = segments.empty() ? 0 : segments.begin()->first - 1;
  reader.sort_streams();
  return reader;
}

Result<Reader> Reader::from_memory(std::string_view metadata, std::span<const MemoryStream> streams) {
  Reader reader;
  auto provenance = parse_metadata(metadata);
  if (!provenance) return fail(0, "the trace ", provenance.error().message);
  reader.provenance_ = *std::move(provenance);
  for (const MemoryStream& s : streams) reader.add_part(s.name, s.name, s.bytes, false);
  reader.sort_streams();
  return reader;
}

Result<void> Reader::add_folder(const fs::path& folder, bool first) {
  auto metadata = MappedFile::open(folder / "metadata");
  if (!metadata) return metadata.error();
  const auto bytes = metadata->bytes();
  if (bytes.size() > largest_metadata)
    return fail(0, folder.string(), " is no trace of mirrorscope: its metadata is too large");
  auto provenance = parse_metadata({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!provenance) return fail(0, folder.string(), " ", provenance.error().message);
  if (!first && provenance->uuid != provenance_.uuid)
    return fail(0, folder.string(), " belongs to another trace than the segments beside it");
  provenance_ = *std::move(provenance);

  const auto entries = entries_of(folder);
  if (!entries) return entries.error();
  for (const fs::path& entry : *entries) {
    if (entry.filename() == "metadata" || is_folder(entry)) continue;
    auto file = MappedFile::open(entry);
    if (!file) return file.error();
    add_part(entry.filename().string(), entry.string(), file->bytes(), true);
    files_.push_back(*std::move(file));
  }
  return {};
}

void Reader::add_part(const std::string& name, std::string shown, std::span<const std::byte> bytes, bool mapped) {
  uint16_t id = 0;
  if (!stream_named(name, id)) {
    foreign_.push_back(
        {0, std::move(shown), 0, bytes.size(), MS_loss_corrupt, 0, UINT64_MAX, 0, "the name is not one of a stream"});
    return;
  }
  auto it = std::find_if(streams_.begin(), streams_.end(), [id](const StreamInfo& s) { return s.id == id; });
  if (it == streams_.end()) it = streams_.insert(it, {id, 0, {}});
  it->bytes += bytes.size();
  it->parts.push_back({std::move(shown), bytes, mapped});
}

void Reader::sort_streams() {
  std::sort(streams_.begin(), streams_.end(), [](const StreamInfo& a, const StreamInfo& b) { return a.id < b.id; });
}

Cursor Reader::cursor(size_t stream) const {
  const StreamInfo& s = streams_[stream];
  const bool cut = deleted_segments_ > 0 && s.id != about_stream;
  return Cursor(s.id, provenance_.uuid, s.parts, cut ? Cursor::any_packet : 0);
}

}  // namespace mirrorscope::trace
