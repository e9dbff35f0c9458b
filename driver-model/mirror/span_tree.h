// SPDX-License-Identifier: Apache-2.0
// Where many objects lie, with [start, last]: a balanced tree by first byte in which each node knows how far anything below it reaches. Whatever
// lies where, adding and removing take the logarithm of how many there are, and so does finding the first that a range meets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace mirrorscope {

class SpanTree {
 public:
  // Of two with one first byte the younger comes first. An object is in it once.
  void add(uint64_t start, uint64_t last, const void* object);
  void remove(const void* object);
  size_t size() const { return places_.size(); }
  void clear();

  // In order of first bytes, until `visit` returns false.
  template <typename Visit>
  bool overlapping(uint64_t start, uint64_t last, Visit visit) const {
    return meet(root_, start, last, visit);
  }

 private:
  using Index = uint32_t;
  static constexpr Index kNone = UINT32_MAX;
  struct Node {
    uint64_t start, last, most;  // most: the largest `last` of this node and those below it
    uint64_t age;                // running number, larger = younger
    const void* object;
    Index left = kNone, right = kNone;
    int32_t height = 1;
  };

  template <typename Visit>
  bool meet(Index at, uint64_t start, uint64_t last, Visit& visit) const {
    if (at == kNone || nodes_[at].most < start) return true;
    const Node& n = nodes_[at];
    if (!meet(n.left, start, last, visit)) return false;
    if (n.start > last) return true;
    if (n.last >= start && !visit(n.object)) return false;
    return meet(n.right, start, last, visit);
  }
  bool before(const Node& a, const Node& b) const { return a.start != b.start ? a.start < b.start : a.age > b.age; }
  int32_t height(Index at) const { return at == kNone ? 0 : nodes_[at].height; }
  void sum_up(Index at);
  Index turn_right(Index at);
  Index turn_left(Index at);
  Index balanced(Index at);
  Index put(Index at, Index fresh);
  Index take(Index at, Index gone);
  Index take_first(Index at, Index& first);

  std::vector<Node> nodes_;
  std::vector<Index> free_;
  std::unordered_map<const void*, Index> places_;
  Index root_ = kNone;
  uint64_t ages_ = 0;
};

}  // namespace mirrorscope
