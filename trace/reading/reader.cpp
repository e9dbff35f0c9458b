// SPDX-License-Identifier: Apache-2.0
// What is a trace and what is not, file by file.
#include "trace/reading/reader.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <utility>

#include "trace/metadata.h"

namespace mirrorscope::trace {

namespace {

constexpr size_t largest_metadata = size_t{16} << 20;

// "0012" -> 12; 0 if it is no segment's name.
uint32_t segment_number(const std::string& name) {
  uint32_t number = 0;
  const auto r = std::from_chars(name.data(), name.data() + name.size(), number);
  return r.ec == std::errc() && r.ptr == name.data() + name.size() ? number : 0;
}

Result<Provenance> metadata_of(const Folder& folder) {
  const std::string shown = (folder.path() / "metadata").string();
  auto entry = folder.look_at("metadata");
  if (!entry) return entry.error();
  if (!entry->instead.empty()) return fail(0, shown, " is ", entry->instead, " and no file");
  auto file = folder.file("metadata");
  if (!file) return file.error();
  if (!*file) return fail(0, shown, " is no file any more");
  const uint64_t size = (*file)->size();
  if (size > largest_metadata)
    return fail(0, folder.path().string(), " is no trace of mirrorscope: its metadata is too large");
  std::string text(static_cast<size_t>(size), '\0');
  const Source::Got got = (*file)->read(0, std::as_writable_bytes(std::span(text)));
  if (got.error != 0) return fail(got.error, "cannot read ", shown);
  text.resize(got.bytes);
  auto provenance = parse_metadata(text);
  if (!provenance) return fail(0, folder.path().string(), " ", provenance.error().message);
  return provenance;
}

}  // namespace

Result<Reader> Reader::open(const std::filesystem::path& path) {
  auto root = Folder::open(path);
  if (!root && root.error().code == ENOTDIR) return fail(0, path.string(), " is no trace: a trace is a directory");
  if (!root) return root.error();

  Reader reader;
  if (root->has("metadata")) {
    if (auto added = reader.add_folder(*root, true); !added) return added.error();
    reader.sort_streams();
    return reader;
  }

  const auto names = root->names();
  if (!names) return names.error();
  std::map<uint32_t, std::string> segments;
  for (const std::string& name : *names)
    if (const uint32_t number = segment_number(name); number > 0 && root->has(name + "/metadata"))
      segments[number] = name;
  std::vector<std::string> folders;
  if (root->has("about/metadata")) folders.emplace_back("about");
  for (const auto& [number, name] : segments) folders.push_back(name);
  if (folders.empty() && names->empty()) return fail(0, path.string(), " is no trace: the directory is empty");
  if (folders.empty()) return fail(0, path.string(), " is no trace: it has no file `metadata`");
  for (size_t i = 0; i < folders.size(); i++) {
    auto folder = root->folder(folders[i]);
    if (!folder) return folder.error();
    if (auto added = reader.add_folder(*folder, i == 0); !added) return added.error();
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
  for (const MemoryStream& s : streams) {
    if (uint16_t id = 0; stream_named(s.name, id))
      reader.add_part(id, {s.name, memory_source(s.bytes), {}});
    else
      reader.add_foreign(s.name, s.bytes.size(), "the name is not one of a stream");
  }
  reader.sort_streams();
  return reader;
}

Result<void> Reader::add_folder(const Folder& folder, bool first) {
  auto provenance = metadata_of(folder);
  if (!provenance) return provenance.error();
  if (!first && provenance->uuid != provenance_.uuid)
    return fail(0, folder.path().string(), " belongs to another trace than the segments beside it");
  provenance_ = *std::move(provenance);

  const auto names = folder.names();
  if (!names) return names.error();
  for (const std::string& name : *names)
    if (name != "metadata")
      if (auto added = add_entry(folder, name); !added) return added.error();
  return {};
}

// What lies under a stream's name and is no file is that stream, damaged: something of it may be missing.
Result<void> Reader::add_entry(const Folder& folder, const std::string& name) {
  std::string shown = (folder.path() / name).string();
  uint16_t id = 0;
  const bool is_stream = stream_named(name, id);
  auto entry = folder.look_at(name);
  if (!entry) return entry.error();
  if (!is_stream) {
    if (entry->instead.empty())
      add_foreign(std::move(shown), entry->bytes, "the name is not one of a stream");
    else if (entry->instead != "a directory")
      add_foreign(std::move(shown), 0, entry->instead + " is no part of a trace");
    return {};
  }
  StreamPart part{std::move(shown), nullptr, entry->instead};
  if (entry->instead.empty()) {
    auto file = folder.file(name);
    if (!file) return file.error();
    part.source = *std::move(file);
    if (!part.source) part.instead = "something that was a file before";
  }
  add_part(id, std::move(part));
  return {};
}

void Reader::add_part(uint16_t stream, StreamPart part) {
  auto it = std::find_if(streams_.begin(), streams_.end(), [stream](const StreamInfo& s) { return s.id == stream; });
  if (it == streams_.end()) it = streams_.insert(it, {stream, 0, {}});
  if (part.source) it->bytes += part.source->size();
  it->parts.push_back(std::move(part));
}

void Reader::add_foreign(std::string shown, uint64_t bytes, std::string what) {
  foreign_.push_back({0, std::move(shown), 0, bytes, MS_loss_corrupt, 0, UINT64_MAX, 0, std::move(what)});
}

void Reader::sort_streams() {
  std::sort(streams_.begin(), streams_.end(), [](const StreamInfo& a, const StreamInfo& b) { return a.id < b.id; });
}

Cursor Reader::cursor(size_t stream, BufferStore* store) const {
  const StreamInfo& s = streams_[stream];
  const bool cut = deleted_segments_ > 0 && s.id != about_stream;
  return Cursor(s.id, provenance_.uuid, s.parts, cut ? Cursor::any_packet : 0, store);
}

}  // namespace mirrorscope::trace
