// SPDX-License-Identifier: Apache-2.0
// Which threads have to be tried in a state, and which states are the same.
#pragma once

#include "driver-model/machine/step.h"

namespace mirrorscope::model {

// Threads that can go on, bit per thread.
u8 ready_threads(const Model& model, const State& s);

inline unsigned how_many(u8 threads) {  // popcount is a call where the processor is any x86-64
  unsigned n = 0;
  for (; threads; threads &= static_cast<u8>(threads - 1)) ++n;
  return n;
}

// A persistent set (Godefroid 1996, 4.1): whatever the threads outside it do, it never disturbs or is disturbed by the next steps of
// those inside. A thread is taken in when anything that it may still do conflicts with the next step of one that is in; of the sets so
// grown from each thread that can go on, the one with the fewest is taken. Bit per thread, only threads that can go on.
u8 persistent_threads(const Model& model, const State& s, u8 ready);

// The number of a state and of every state that differs only in what no instruction can tell apart: which of two identical threads is
// which, which page frame is which, how high sequences are (only whether they are equal is asked), registers that are written before they
// are read. 64 bits: with n states the odds that any two share a number are about n*n / 2^65, 3 in a million for 10^7 states.
//
// A step changes one thread and leaves most others as they are. Who keeps what a number was made of need not have it made anew.
struct Print {
  uint64_t thread[kThreads];     // each one's part
  uint64_t names[kThreads + 1];  // what page frames were called before its turn
};
struct Before {
  const State& s;
  const Print& print;
};
uint64_t fingerprint(const Model& model, const State& s, bool reduce = true, const Before* before = nullptr, Print* out = nullptr);

}  // namespace mirrorscope::model
