// SPDX-License-Identifier: Apache-2.0
// Which values a counter may have had, and until when: probes read it a little before their record, so a record shows one of these.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace mirrorscope::conform {

// Moments are running numbers of records.
class ValueLog {
 public:
  bool known() const { return !entries_.empty(); }
  void forget(uint64_t now) {
    entries_.clear();
    floor_ = now;
  }
  // From `now` on it has this value and no other.
  void becomes(uint64_t value, uint64_t now) {
    for (Entry& e : entries_) e.until = std::min(e.until, now);
    add(value);
  }
  // From now on it may have this value too.
  void may_become(uint64_t value) { add(value); }
  // It may have had it up to now.
  void had(uint64_t value, uint64_t now) {
    for (Entry& e : entries_)
      if (e.value == value && e.until != kOpen) {
        e.until = now;
        return;
      }
    entries_.push_back({value, now});
    trim();
  }
  // Can it have been read as `value` at `from` or later? Yes, if nothing is known of that time.
  bool allows(uint64_t value, uint64_t from) const {
    if (entries_.empty() || from < floor_) return true;
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.value == value && e.until >= from; });
  }
  bool allows_other_than(uint64_t value, uint64_t from) const {
    if (entries_.empty() || from < floor_) return true;
    return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.value != value && e.until >= from; });
  }
  std::string to_text(uint64_t from) const {
    std::string text;
    for (const Entry& e : entries_)
      if (e.until >= from) text += (text.empty() ? "" : " or ") + std::to_string(e.value);
    return text;
  }

 private:
  static constexpr uint64_t kOpen = UINT64_MAX;
  static constexpr size_t kKept = 64;
  struct Entry {
    uint64_t value, until;
  };
  void add(uint64_t value) {
    for (Entry& e : entries_)
      if (e.value == value) {
        e.until = kOpen;
        return;
      }
    entries_.push_back({value, kOpen});
    trim();
  }
  void trim() {
    if (entries_.size() <= kKept) return;
    auto oldest = std::min_element(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.until < b.until; });
    floor_ = std::max(floor_, oldest->until == kOpen ? floor_ : oldest->until + 1);
    entries_.erase(oldest);
  }
  std::vector<Entry> entries_;
  uint64_t floor_ = 0;  // of what was before, nothing is known
};

}  // namespace mirrorscope::conform
