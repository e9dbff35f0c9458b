// SPDX-License-Identifier: Apache-2.0
// Damage to files and packets as accidents make it: nothing is sealed again. What a hand does is in forgeries.cpp.
#include "damages.h"

#include <algorithm>

#include "forgeries.h"

namespace mirrorscope::test {

namespace {
using Packets = std::vector<Packet>;

Damaged changed(const TraceFiles& whole, const std::string& name, const Packets& packets, std::string what) {
  Damaged d{whole, std::move(what)};
  d.trace.files[name] = file_of(packets);
  return d;
}

Damaged file_removed(const TraceFiles& whole, const TraceFiles&, Random& random) {
  Damaged d{whole, "removed:"};
  const auto names = whole.streams();
  // each alone, then any of them together
  const size_t which = below(random, names.size() + 3);
  for (size_t i = 0; i < names.size(); ++i)
    if (which == i || (which >= names.size() && below(random, 2))) {
      d.what += " " + names[i];
      d.trace.files.erase(names[i]);
    }
  return d;
}

Damaged file_emptied(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  return changed(whole, name, {}, name + " emptied");
}

Damaged cut_at_packet(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  Packets p = packets_of(whole.files.at(name));
  const size_t keep = below(random, p.size());
  p.resize(keep);
  return changed(whole, name, p, name + " ends after packet " + std::to_string(keep));
}

// Power goes: every file ends somewhere.
Damaged all_cut_at_packets(const TraceFiles& whole, const TraceFiles&, Random& random) {
  Damaged d{whole, "ends:"};
  for (const std::string& name : whole.streams()) {
    Packets p = packets_of(whole.files.at(name));
    p.resize(p.size() - std::min(p.size(), size_t{below(random, 4)}));
    d.what += " " + name + " at " + std::to_string(p.size());
    d.trace.files[name] = file_of(p);
  }
  return d;
}

Damaged cut_anywhere(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  Damaged d{whole, name};
  std::string& file = d.trace.files[name];
  file.resize(below(random, file.size()));
  d.what += " ends at byte " + std::to_string(file.size());
  return d;
}

Damaged begins_later(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  Packets p = packets_of(whole.files.at(name));
  const auto from = static_cast<std::ptrdiff_t>(below(random, p.size()));
  p.erase(p.begin(), p.begin() + from);
  return changed(whole, name, p, name + " begins with packet " + std::to_string(from));
}

Damaged packets_missing(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  Packets p = packets_of(whole.files.at(name));
  const size_t from = below(random, p.size()), to = std::min(p.size(), from + 1 + below(random, 4));
  p.erase(p.begin() + static_cast<std::ptrdiff_t>(from), p.begin() + static_cast<std::ptrdiff_t>(to));
  return changed(whole, name, p, name + " without packets " + std::to_string(from) + " to " + std::to_string(to - 1));
}

Damaged packet_twice(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  Packets p = packets_of(whole.files.at(name));
  const size_t which = below(random, p.size()), at = which + 1 + below(random, p.size() - which);
  p.insert(p.begin() + static_cast<std::ptrdiff_t>(at), Packet(p[which]));
  return changed(whole, name, p, name + " has packet " + std::to_string(which) + " again at " + std::to_string(at));
}

Damaged packets_reordered(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  Packets p = packets_of(whole.files.at(name));
  if (p.size() < 2) return {};
  const size_t a = below(random, p.size()), b = below(random, p.size());
  std::swap(p[a], p[b]);
  return changed(whole, name, p, name + " has packets " + std::to_string(a) + " and " + std::to_string(b) + " exchanged");
}

Damaged file_twice(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  const std::string folder = name.substr(0, name.rfind('/') + 1);
  const std::string as = folder + pick(random, {"cpu_7", "cpu_1023", "cpu_1024", "cpu_65534", "cpu_00", "cpu_0.bak", "about2", "x"});
  Damaged d{whole, name + " is there as " + as + ", too"};
  d.trace.files[as] = whole.files.at(name);
  if (below(random, 2)) {
    d.trace.files.erase(name);
    d.what += ", and gone";
  }
  return d;
}

Damaged files_swapped(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const auto names = whole.streams();
  if (names.size() < 2) return {};
  const std::string a = pick(random, names), b = pick(random, names);
  Damaged d{whole, a + " and " + b + " exchanged"};
  std::swap(d.trace.files[a], d.trace.files[b]);
  return d;
}

Damaged foreign_file(const TraceFiles& whole, const TraceFiles& other, Random& random) {
  const std::string name = pick(random, whole.streams()), from = pick(random, other.streams());
  Damaged d{whole, name + " is " + from + " of another recording"};
  d.trace.files[name] = other.files.at(from);
  return d;
}

Damaged foreign_packets(const TraceFiles& whole, const TraceFiles& other, Random& random) {
  const std::string name = pick(random, whole.streams()), from = pick(random, other.streams());
  Packets p = packets_of(whole.files.at(name));
  const Packets q = packets_of(other.files.at(from));
  const size_t at = below(random, p.size()), taken = below(random, q.size());
  if (below(random, 2)) p.erase(p.begin() + static_cast<std::ptrdiff_t>(at));
  p.insert(p.begin() + static_cast<std::ptrdiff_t>(at), q[taken]);
  return changed(whole, name, p, name + " has packet " + std::to_string(taken) + " of another recording at " + std::to_string(at));
}

Damaged head_missing(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  const Packets p = packets_of(whole.files.at(name));
  Damaged d{whole, name};
  std::string& file = d.trace.files[name];
  const size_t which = below(random, p.size());
  const size_t at = file_of({p.begin(), p.begin() + static_cast<std::ptrdiff_t>(which)}).size();
  const bool zeroed = below(random, 2);
  if (zeroed)
    std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(at), sizeof(trace::PacketHead), '\0');
  else
    file.erase(at, sizeof(trace::PacketHead));
  d.what += (zeroed ? " with a zeroed head at packet " : " without the head of packet ") + std::to_string(which);
  return d;
}

// What follows lies at odd addresses.
Damaged bytes_missing(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  Damaged d{whole, name};
  std::string& file = d.trace.files[name];
  const size_t at = below(random, file.size()), count = 1 + below(random, 9);
  file.erase(at, count);
  d.what += " without " + std::to_string(count) + " bytes at " + std::to_string(at);
  return d;
}

Damaged bytes_inserted(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  Damaged d{whole, name};
  std::string& file = d.trace.files[name];
  const size_t at = below(random, file.size()), count = 1 + below(random, 9);
  file.insert(at, count, static_cast<char>(below(random, 256)));
  d.what += " with " + std::to_string(count) + " bytes more at " + std::to_string(at);
  return d;
}

Damaged bit_flipped(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  Damaged d{whole, name};
  std::string& file = d.trace.files[name];
  const size_t at = below(random, file.size());
  const unsigned bit = static_cast<unsigned>(below(random, 8));
  file[at] = static_cast<char>(static_cast<unsigned char>(file[at]) ^ 1u << bit);
  d.what += " with bit " + std::to_string(bit) + " of byte " + std::to_string(at) + " flipped";
  return d;
}

// A page that was never written, or written with something else.
Damaged page_zeroed(const TraceFiles& whole, const TraceFiles&, Random& random) {
  const std::string name = pick(random, whole.streams());
  Damaged d{whole, name};
  std::string& file = d.trace.files[name];
  const size_t at = below(random, file.size() / trace::packet_page) * trace::packet_page;
  std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(at), trace::packet_page, '\0');
  d.what += " has no page at " + std::to_string(at);
  return d;
}

// Segments --------------------------------------------------------------------------------------------------------------

TraceFiles segments_of(const TraceFiles& whole, Random& random) {
  return whole.segmented() ? whole : whole.in_segments(2 + below(random, 4));
}

std::vector<std::string> folders_of(const TraceFiles& t) {
  std::vector<std::string> folders;
  for (const auto& [name, bytes] : t.files)
    if (name.ends_with("/metadata") && name != "about/metadata") folders.push_back(name.substr(0, name.find('/') + 1));
  return folders;
}

void move_folder(TraceFiles& t, const std::string& from, const std::string& to, bool keep) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : t.files)
    if (name.starts_with(from)) names.push_back(name);
  for (const std::string& name : names) {
    if (!to.empty()) t.files[to + name.substr(from.size())] = t.files[name];
    if (!keep) t.files.erase(name);
  }
}

Damaged segment_gone(const TraceFiles& whole, const TraceFiles&, Random& random) {
  Damaged d{segments_of(whole, random), ""};
  auto folders = folders_of(d.trace);
  folders.push_back("about/");
  const std::string folder = pick(random, folders);
  move_folder(d.trace, folder, "", false);
  d.what = "of " + std::to_string(folders.size() - 1) + " segments without " + folder;
  return d;
}

Damaged segment_moved(const TraceFiles& whole, const TraceFiles&, Random& random) {
  Damaged d{segments_of(whole, random), ""};
  const auto folders = folders_of(d.trace);
  const std::string a = pick(random, folders), b = pick(random, folders);
  const bool keep = below(random, 2);
  d.what = a + (keep ? " is there again as 0009/" : " exchanged with " + b);
  if (keep) {
    move_folder(d.trace, a, "0009/", true);
  } else if (a != b) {
    move_folder(d.trace, a, "x/", false);
    move_folder(d.trace, b, a, false);
    move_folder(d.trace, "x/", b, false);
  }
  return d;
}

Damaged segment_of_another(const TraceFiles& whole, const TraceFiles& other, Random& random) {
  Damaged d{segments_of(whole, random), ""};
  const TraceFiles theirs = segments_of(other, random);
  const std::string folder = pick(random, folders_of(d.trace)), from = pick(random, folders_of(theirs));
  const bool metadata = below(random, 2);
  move_folder(d.trace, folder, "", false);
  d.trace.files[folder + "metadata"] = metadata ? theirs.files.at(from + "metadata") : whole.files.begin()->second;
  if (!metadata) d.trace.files[folder + "metadata"] = d.trace.files.at("about/metadata");
  for (const auto& [name, bytes] : theirs.files)
    if (name.starts_with(from) && !name.ends_with("/metadata")) d.trace.files[folder + name.substr(from.size())] = bytes;
  d.what = folder + " is " + from + " of another recording" + (metadata ? ", with its metadata" : "");
  return d;
}

// A file of a segment, or its metadata.
Damaged segment_without_a_file(const TraceFiles& whole, const TraceFiles&, Random& random) {
  Damaged d{segments_of(whole, random), ""};
  std::vector<std::string> names;
  for (const auto& [name, bytes] : d.trace.files) names.push_back(name);
  const std::string name = pick(random, names);
  d.trace.files.erase(name);
  d.what = "segments without " + name;
  return d;
}

Damaged in_segments(const TraceFiles& whole, const TraceFiles&, Random& random) {
  return {segments_of(whole, random), "the whole in segments"};
}

constexpr DamageKind accidents[] = {
    {"file removed", true, file_removed},
    {"file emptied", true, file_emptied},
    {"cut at a packet", true, cut_at_packet},
    {"all cut at packets", true, all_cut_at_packets},
    {"cut anywhere", true, cut_anywhere},
    {"begins later", true, begins_later},
    {"packets missing", true, packets_missing},
    {"packet twice", false, packet_twice},
    {"packets reordered", true, packets_reordered},
    {"file twice", true, file_twice},
    {"files swapped", true, files_swapped},
    {"foreign file", true, foreign_file},
    {"foreign packets", true, foreign_packets},
    {"head missing", true, head_missing},
    {"bytes missing", true, bytes_missing},
    {"bytes inserted", false, bytes_inserted},
    {"bit flipped", false, bit_flipped},
    {"page zeroed", true, page_zeroed},
    {"segment gone", true, segment_gone},
    {"segment moved", true, segment_moved},
    {"segment of another", true, segment_of_another},
    {"segment without a file", true, segment_without_a_file},
    {"in segments", false, in_segments},
};
}  // namespace

std::span<const DamageKind> damage_kinds() {
  static const std::vector<DamageKind> all = [] {
    std::vector<DamageKind> rows(std::begin(accidents), std::end(accidents));
    for (const DamageKind& kind : forgeries()) rows.push_back(kind);
    return rows;
  }();
  return all;
}

}  // namespace mirrorscope::test
