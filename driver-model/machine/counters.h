// SPDX-License-Identifier: Apache-2.0
// What mm/mmu_notifier.c does to its two counters under subscriptions->lock, in numbers of any width: the explorer counts in bytes,
// a replayed trace as the kernel does.
#pragma once

namespace mirrorscope::model {

// mn_itree_inv_start_range(): `meets` says whether a sub in the tree is concerned. What seq is then, callbacks are given as cur_seq.
template <typename N>
void counted_start(N& seq, N& active, bool meets) {
  ++active;
  if (meets) seq = static_cast<N>(seq | 1);
}

// mn_itree_inv_end(). True: an episode is over, what was deferred happens and who waits is woken.
template <typename N>
bool counted_end(N& seq, N& active) {
  if (--active || !(seq & 1)) return false;
  ++seq;
  return true;
}

// __mmu_interval_notifier_insert(): `m` is what becomes of the sub's own invalidate_seq. True: it goes on the deferred list.
template <typename N>
bool counted_insert(N& seq, N active, N& m) {
  if (!active) {
    m = static_cast<N>(seq - 1);
    return false;
  }
  const bool deferred = seq & 1;
  seq = static_cast<N>(seq | 1);
  m = seq;
  return deferred;
}

// mmu_interval_notifier_remove() of a sub in the tree: does it go on the deferred list, and its caller wait for the episode's end?
template <typename N>
bool removal_waits(N seq) {
  return seq & 1;
}

// mmu_interval_read_begin(): does it wait for the end of the episode that has met its sub?
template <typename N>
bool read_waits(N seq, N m) {
  return m == seq;
}

}  // namespace mirrorscope::model
