// SPDX-License-Identifier: Apache-2.0
// What did the workload do, how often, and was all of it right?
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lab {

using Counter = std::atomic<std::uint64_t>;

class Tally {
 public:
  // A counter lives as long as the tally; threads look theirs up once and keep the reference.
  Counter& at(std::string_view group, std::string_view name);
  void note(std::string_view key, std::string_view value);  // a fact of this run, printed with the counts

  // A word that no allowed history explains. Counted in "verify.mismatch"; the first few are described on stderr.
  void mismatch(const std::string& description);
  std::uint64_t mismatches() const { return mismatches_.load(); }

  void print(bool json) const;

 private:
  struct Row {
    std::string group, name;
    Counter value{0};
  };
  mutable std::mutex lock_;
  std::deque<Row> rows_;
  std::vector<std::pair<std::string, std::string>> notes_;
  Counter mismatches_{0};
};

}  // namespace lab
