// SPDX-License-Identifier: Apache-2.0
// How files become packets and packets files.
#include "trace_files.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "schema/catalog.h"

namespace mirrorscope::test {

namespace fs = std::filesystem;
using trace::PacketHead;

namespace {
std::string leaf(const std::string& name) { return name.substr(name.rfind('/') + 1); }
const ev_header& header_at(const std::string& records, size_t at) { return *reinterpret_cast<const ev_header*>(records.data() + at); }
}  // namespace

void Packet::seal() {
  head.records = 0;
  size_t last = 0;
  for (size_t at = 0; at < records.size(); at += record_sizes[header_at(records, at).id]) {
    last = at;
    ++head.records;
  }
  if (head.records) {
    head.time_begin = header_at(records, 0).time;
    head.first_seq = header_at(records, 0).seq;
    head.time_end = header_at(records, last).time;
    head.last_seq = header_at(records, last).seq;
  }
  const size_t content = sizeof head + records.size();
  const size_t size = (content + trace::packet_page - 1) / trace::packet_page * trace::packet_page;
  padding = size - content;
  head.content_bits = content * 8;
  head.packet_bits = size * 8;
  head.records_checksum = trace::checksum_of(records.data(), records.size());
  seal_head();
}

void Packet::seal_head() { head.head_checksum = trace::checksum_of(head); }

std::string Packet::bytes() const {
  return std::string(reinterpret_cast<const char*>(&head), sizeof head) + records + std::string(padding, '\0');
}

void Packet::each(const std::function<void(ev_header&)>& visit) {
  for (size_t at = 0; at < records.size();) {
    auto& h = *reinterpret_cast<ev_header*>(records.data() + at);
    at += record_sizes[h.id];
    visit(h);
  }
}

size_t Packet::remove_if(const std::function<bool(const ev_header&)>& gone) {
  std::string left;
  size_t removed = 0;
  for (size_t at = 0; at < records.size();) {
    const ev_header& h = header_at(records, at);
    const size_t size = record_sizes[h.id];
    if (gone(h))
      ++removed;
    else
      left.append(records, at, size);
    at += size;
  }
  records = std::move(left);
  return removed;
}

std::vector<Packet> packets_of(const std::string& file) {
  std::vector<Packet> all;
  for (size_t at = 0; at + sizeof(PacketHead) <= file.size();) {
    Packet p;
    std::memcpy(&p.head, file.data() + at, sizeof p.head);
    const size_t content = p.head.content_bits / 8, size = p.head.packet_bits / 8;
    if (p.head.magic != trace::packet_magic || content < sizeof p.head || size < content || size > file.size() - at) break;
    p.records = file.substr(at + sizeof p.head, content - sizeof p.head);
    p.padding = size - content;
    at += size;
    all.push_back(std::move(p));
  }
  return all;
}

std::string file_of(const std::vector<Packet>& packets) {
  std::string all;
  for (const Packet& p : packets) all += p.bytes();
  return all;
}

TraceFiles TraceFiles::read(const fs::path& folder) {
  TraceFiles t;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    t.files[entry.path().lexically_relative(folder).string()] = std::string{std::istreambuf_iterator<char>(in), {}};
  }
  return t;
}

void TraceFiles::write(const fs::path& folder) const {
  fs::remove_all(folder);
  fs::create_directories(folder);
  for (const auto& [name, bytes] : files) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name, std::ios::binary) << bytes;
  }
}

std::vector<std::string> TraceFiles::cpus() const {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : files)
    if (leaf(name).starts_with("cpu_")) names.push_back(name);
  return names;
}

std::vector<std::string> TraceFiles::streams() const {
  std::vector<std::string> names = cpus();
  for (const auto& [name, bytes] : files)
    if (leaf(name) == "about") names.push_back(name);
  return names;
}

TraceFiles TraceFiles::in_segments(size_t parts) const {
  TraceFiles t;
  t.files["about/metadata"] = files.at("metadata");
  if (files.contains("about")) t.files["about/about"] = files.at("about");
  for (const std::string& name : cpus()) {
    const auto all = packets_of(files.at(name));
    for (size_t part = 0; part < parts; ++part) {
      const size_t from = all.size() * part / parts, to = all.size() * (part + 1) / parts;
      const std::string folder = "000" + std::to_string(part + 1) + "/";
      t.files[folder + "metadata"] = files.at("metadata");
      if (from < to) t.files[folder + name] = file_of({all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to)});
    }
  }
  return t;
}

}  // namespace mirrorscope::test
