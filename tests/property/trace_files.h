// SPDX-License-Identifier: Apache-2.0
// The files of a trace in memory, as packets that can be changed and sealed again, with right checksums, as a hostile hand would.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "trace/format.h"

namespace mirrorscope::test {

struct Packet {
  trace::PacketHead head{};
  std::string records;  // bytes of the records
  size_t padding = 0;

  // Makes the head say what the records say, checksums included. What only the head knows (uuid, number, discarded) stays.
  void seal();
  // Only the checksum of the head, whatever it says.
  void seal_head();
  std::string bytes() const;
  // Each record in turn; the bytes may be changed, their number not.
  void each(const std::function<void(ev_header&)>& visit);
  // Those records for which `keep` is true stay. How many went.
  size_t remove_if(const std::function<bool(const ev_header&)>& gone);
};

// Of a file that is a sequence of whole packets.
std::vector<Packet> packets_of(const std::string& file);
std::string file_of(const std::vector<Packet>& packets);

// By name below the directory: "metadata", "cpu_0", "0001/cpu_0".
struct TraceFiles {
  std::map<std::string, std::string> files;

  static TraceFiles read(const std::filesystem::path& folder);
  void write(const std::filesystem::path& folder) const;

  // Names of the files of streams: those of CPUs, or all.
  std::vector<std::string> cpus() const;
  std::vector<std::string> streams() const;
  bool segmented() const { return !files.contains("metadata"); }
  // The same trace as `parts` segments.
  TraceFiles in_segments(size_t parts) const;
};

}  // namespace mirrorscope::test
