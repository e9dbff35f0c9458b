// SPDX-License-Identifier: Apache-2.0
// How state refers to a record, and how a few things are kept without an allocation.
#pragma once

#include <array>
#include <cstdint>
#include <new>

#include "schema/events.h"

namespace mirrorscope {

// Names one record without keeping its bytes: (cpu, seq) is unique within 2^32 records of a CPU, time finds it fast.
struct EventRef {
  // in the order of ev_header, of which it is a copy of the first half
  uint64_t time = 0;
  uint16_t id = 0;  // row of events.def, 0 = no record
  uint16_t cpu = 0;
  uint32_t seq = 0;

  static EventRef of(const ev_header& h) { return {h.time, h.id, h.cpu, h.seq}; }
  explicit operator bool() const { return id != 0; }
  bool operator==(const EventRef&) const = default;
};
static_assert(sizeof(EventRef) == 16);

// A fixed-capacity list that says when it overflowed instead of growing: state of one task stays one allocation.
template <typename T, uint8_t N>
struct Few {
  std::array<T, N> items;
  uint8_t count = 0;
  bool overflowed = false;  // entries were dropped: what the list says is incomplete until it is cleared

  T* begin() { return items.data(); }
  T* end() { return items.data() + count; }
  const T* begin() const { return items.data(); }
  const T* end() const { return items.data() + count; }
  bool empty() const { return count == 0; }
  T& back() { return items[count - 1]; }
  const T& back() const { return items[count - 1]; }
  // One more, made in its place: what T leaves uninitialised (the items of a Few inside) is not written at all.
  T* emplace() {
    if (count == N) {
      overflowed = true;
      return nullptr;
    }
    return new (&items[count++]) T;
  }
  T* push(const T& item) {
    if (count == N) {
      overflowed = true;
      return nullptr;
    }
    items[count] = item;
    return &items[count++];
  }
  void truncate(uint8_t n) { count = n; }
  void erase(T* at) {
    for (T* p = at; p + 1 < end(); ++p) *p = p[1];
    --count;
  }
  void clear() {
    count = 0;
    overflowed = false;
  }
};

}  // namespace mirrorscope
