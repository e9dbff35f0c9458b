// SPDX-License-Identifier: Apache-2.0
// What went on over the whole trace, however long it is: counts in a fixed number of bins of time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "analyzer/engine/names.h"
#include "schema/catalog.h"

namespace mirrorscope {

class Activity {
 public:
  static constexpr size_t kBins = 1024;
  static constexpr size_t kProcesses = 4096;  // with bins of their own; the others are counted together
  static constexpr size_t kPlaces = 512;      // losses with a place of their own
  static constexpr size_t kReasons = 8;
  using Bins = std::array<uint32_t, kBins>;

  struct Row {
    std::string name;
    uint64_t total = 0;
    Bins bins{};
  };
  struct Storm {
    std::string process;
    std::string whose;  // empty: the trace does not say
    uint32_t reason = 0;
    uint64_t total = 0;
    Bins bins{};
  };
  struct Place {
    uint64_t from = 0;
    uint64_t until = 0;
    uint64_t count = 0;
    uint32_t cause = 0;
    int32_t cpu = -1;  // -1 = any
  };

  // The times of the first and the last record.
  Activity(uint64_t from, uint64_t until);
  void see(const ev_header& record);
  // Bytes that could not be read.
  void damaged(const Place& place) { lose(place); }

  uint64_t from() const { return from_; }
  uint64_t width() const { return width_; }  // ns of a bin
  std::vector<Row> areas() const;            // those that occur
  std::vector<Row> cpus(size_t most) const;
  std::vector<Row> processes(const Names& names, size_t most) const;
  std::vector<Storm> storms(const Names& names, size_t most) const;
  const std::vector<Place>& places() const { return places_; }
  uint64_t places_left_out() const { return left_out_; }

 private:
  struct Process {
    uint32_t tid = 0;  // of its first record
    uint64_t total = 0;
    Bins bins{};
    std::map<uint32_t, std::pair<uint64_t, Bins>> invalidations;  // by reason
  };
  struct Cpu {
    uint64_t total = 0;
    uint64_t last_time = 0;
    uint32_t next = 0;  // sequence number
    Bins bins{};
  };
  size_t bin_of(uint64_t time) const;
  void lose(const Place& place);
  std::string name_of(uint32_t tgid, const Process& process, const Names& names) const;

  uint64_t from_;
  uint64_t until_;
  uint64_t width_;
  std::array<std::pair<uint64_t, Bins>, static_cast<size_t>(EventArea::areas)> areas_{};
  std::map<uint16_t, Cpu> cpus_;
  std::unordered_map<uint32_t, Process> processes_;  // by tgid; kOthers = those beyond kProcesses
  std::vector<Place> places_;
  uint64_t left_out_ = 0;
};

}  // namespace mirrorscope
