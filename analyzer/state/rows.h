// SPDX-License-Identifier: Apache-2.0
// What a rule keeps for each object, task or mm, of no more than so many at a time. Where one more comes all is forgotten, and that is an
// occasion that could not be judged.
//
//   Rows<uint64_t, Row, 4096> rows_;  // by ctx
//   ++rows_.of(e.ctx, judge).rounds;
#pragma once

#include <cstddef>
#include <unordered_map>

#include "analyzer/rule.h"

namespace mirrorscope {

template <typename Key, typename Row, size_t N>
class Rows {
 public:
  // Its row, a new one if it has none. The reference is good until the next of() or erase().
  Row& of(const Key& key, Judge& judge) {
    if (full() && !rows_.contains(key)) [[unlikely]] {
      rows_.clear();
      judge.unknown();
    }
    return rows_[key];
  }
  // Null if it has none.
  Row* find(const Key& key) {
    const auto at = rows_.find(key);
    return at == rows_.end() ? nullptr : &at->second;
  }
  bool erase(const Key& key) { return rows_.erase(key) != 0; }
  // Those of which `gone(key, row)` says so.
  template <typename Gone>
  void erase_if(Gone gone) {
    std::erase_if(rows_, [&gone](const auto& row) { return gone(row.first, row.second); });
  }
  // Does the next new key make all others forgotten?
  bool full() const { return rows_.size() >= N; }

  auto begin() const { return rows_.begin(); }
  auto end() const { return rows_.end(); }

 private:
  std::unordered_map<Key, Row> rows_;
};

}  // namespace mirrorscope
