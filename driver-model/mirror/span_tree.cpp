// SPDX-License-Identifier: Apache-2.0
// How the tree stays balanced: an AVL tree, the depth of whose branches differs by one at most, whatever is put in and in whatever order.
#include "driver-model/mirror/span_tree.h"

#include <algorithm>

namespace mirrorscope {

void SpanTree::sum_up(Index at) {
  Node& n = nodes_[at];
  n.height = 1 + std::max(height(n.left), height(n.right));
  n.most = n.last;
  if (n.left != kNone) n.most = std::max(n.most, nodes_[n.left].most);
  if (n.right != kNone) n.most = std::max(n.most, nodes_[n.right].most);
}

SpanTree::Index SpanTree::turn_right(Index at) {
  const Index up = nodes_[at].left;
  nodes_[at].left = nodes_[up].right;
  nodes_[up].right = at;
  sum_up(at);
  sum_up(up);
  return up;
}

SpanTree::Index SpanTree::turn_left(Index at) {
  const Index up = nodes_[at].right;
  nodes_[at].right = nodes_[up].left;
  nodes_[up].left = at;
  sum_up(at);
  sum_up(up);
  return up;
}

SpanTree::Index SpanTree::balanced(Index at) {
  sum_up(at);
  Node& n = nodes_[at];
  const int32_t leans = height(n.left) - height(n.right);
  if (leans > 1) {
    if (height(nodes_[n.left].left) < height(nodes_[n.left].right)) n.left = turn_left(n.left);
    return turn_right(at);
  }
  if (leans < -1) {
    if (height(nodes_[n.right].right) < height(nodes_[n.right].left)) n.right = turn_right(n.right);
    return turn_left(at);
  }
  return at;
}

SpanTree::Index SpanTree::put(Index at, Index fresh) {
  if (at == kNone) return fresh;
  if (before(nodes_[fresh], nodes_[at])) {
    const Index below = put(nodes_[at].left, fresh);
    nodes_[at].left = below;
  } else {
    const Index below = put(nodes_[at].right, fresh);
    nodes_[at].right = below;
  }
  return balanced(at);
}

SpanTree::Index SpanTree::take_first(Index at, Index& first) {
  if (nodes_[at].left == kNone) {
    first = at;
    return nodes_[at].right;
  }
  nodes_[at].left = take_first(nodes_[at].left, first);
  return balanced(at);
}

SpanTree::Index SpanTree::take(Index at, Index gone) {
  if (at == gone) {
    const Index left = nodes_[at].left, right = nodes_[at].right;
    if (right == kNone) return left;
    Index next = kNone;
    const Index rest = take_first(right, next);
    nodes_[next].left = left;
    nodes_[next].right = rest;
    return balanced(next);
  }
  if (before(nodes_[gone], nodes_[at]))
    nodes_[at].left = take(nodes_[at].left, gone);
  else
    nodes_[at].right = take(nodes_[at].right, gone);
  return balanced(at);
}

void SpanTree::add(uint64_t start, uint64_t last, const void* object) {
  Node fresh{.start = start, .last = last, .most = last, .age = ++ages_, .object = object};
  Index at = static_cast<Index>(nodes_.size());
  if (free_.empty()) {
    nodes_.push_back(fresh);
  } else {
    at = free_.back();
    free_.pop_back();
    nodes_[at] = fresh;
  }
  places_[object] = at;
  root_ = put(root_, at);
}

void SpanTree::remove(const void* object) {
  const auto place = places_.find(object);
  if (place == places_.end()) return;
  root_ = take(root_, place->second);
  free_.push_back(place->second);
  places_.erase(place);
}

void SpanTree::clear() {
  nodes_.clear();
  free_.clear();
  places_.clear();
  root_ = kNone;
}

}  // namespace mirrorscope
