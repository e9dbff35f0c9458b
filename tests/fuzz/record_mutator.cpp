// SPDX-License-Identifier: Apache-2.0
// How a fuzzer changes records: as records, so that what it makes is read and judged instead of refused.
#include <algorithm>
#include <cstring>
#include <random>

#include "record_input.h"
#include "schema/catalog.h"

using namespace mirrorscope;
using fuzz::Input;
using trace::AnyRecord;

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t most);

namespace {
using Random = std::mt19937;

size_t below(Random& random, size_t end) { return end ? random() % end : 0; }

// What is hostile in a time, an address, a length or a count.
constexpr uint64_t kHostile[] = {0, 1, 2, 0xfff, 0x1000, 0x7fff'ffff, 0x8000'0000, 0xffff'ffff, 0x1'0000'0000, 0x7fff'ffff'ffff, 0x7fff'ffff'ffff'ffff,
                                 0x8000'0000'0000'0000, 0xffff'ffff'ffff'f000, UINT64_MAX - 1, UINT64_MAX};

uint64_t value(Random& random, uint64_t old) {
  switch (below(random, 5)) {
    case 0: return kHostile[below(random, std::size(kHostile))];
    case 1: return old + below(random, 3) - 1;
    case 2: return old ^ uint64_t{1} << below(random, 64);
    case 3: return old + (below(random, 33) - 16) * 0x1000;
    default: return below(random, 8);  // so that records meet
  }
}

// One element of one field of the event, or a byte of its text.
void change_field(AnyRecord& r, const Input& input, Random& random) {
  const EventInfo* event = event_info(r.header().id);
  if (!event || event->fields.empty()) return;
  const FieldInfo& f = event->fields[below(random, event->fields.size())];
  std::byte* const at = r.bytes.data() + f.offset + below(random, f.count) * f.size;
  if (f.type == FieldType::chars) {
    constexpr char odd[] = {'\0', '\n', '\x1b', '<', '&', '"', '\\', '\x80', '\xff', '=', ','};
    *at = static_cast<std::byte>(odd[below(random, sizeof odd)]);
    return;
  }
  uint64_t number = 0;
  std::memcpy(&number, at, f.size);
  number = value(random, number);
  // the same object as in another record
  if (below(random, 3) == 0) {
    const AnyRecord& other = input.records[below(random, input.records.size())];
    const EventInfo* theirs = event_info(other.header().id);
    if (theirs && !theirs->fields.empty()) {
      const FieldInfo& g = theirs->fields[below(random, theirs->fields.size())];
      if (g.size == f.size && (g.name == f.name || g.type == f.type)) std::memcpy(&number, other.bytes.data() + g.offset, g.size);
    }
  }
  std::memcpy(at, &number, f.size);
}

void change_header(AnyRecord& r, const Input& input, Random& random) {
  ev_header& h = r.header();
  const ev_header& other = input.records[below(random, input.records.size())].header();
  const bool take = below(random, 2);
  switch (below(random, 6)) {
    case 0: h.time = take ? other.time : value(random, h.time); break;
    case 1: h.mm = take ? other.mm : value(random, h.mm); break;
    case 2: h.tid = take ? other.tid : static_cast<uint32_t>(value(random, h.tid)); break;
    case 3: h.tgid = take ? other.tgid : static_cast<uint32_t>(value(random, h.tgid)); break;
    case 4: h.seq = static_cast<uint32_t>(value(random, h.seq)); break;
    default: h.cpu = take ? other.cpu : static_cast<uint16_t>(value(random, h.cpu)); break;
  }
}

// The other half of a pair, or a record of any event with the header of a neighbour.
AnyRecord invented(const AnyRecord& near, Random& random) {
  const EventInfo* old = event_info(near.header().id);
  const EventInfo& event = old && below(random, 2) ? *event_info(old->pair) : catalog::events[below(random, catalog::events.size())];
  AnyRecord r;
  r.header() = near.header();
  r.header().id = event.id;
  if (!old) return r;
  // what both events call by the same name is the same thing
  for (const FieldInfo& f : event.fields)
    for (const FieldInfo& g : old->fields)
      if (f.name == g.name && f.size == g.size && f.count == g.count) std::memcpy(r.bytes.data() + f.offset, near.bytes.data() + g.offset, size_t{f.size} * f.count);
  return r;
}

void mutate(Input& input, Random& random) {
  auto& rs = input.records;
  if (rs.empty()) {
    AnyRecord first;
    first.header() = {1000, EV_inv_start, 0, 0, 0xffff'8880'0000'1000, 7, 7};
    rs.push_back(first);
  }
  const size_t at = below(random, rs.size());
  const auto place = rs.begin() + static_cast<std::ptrdiff_t>(at);
  switch (below(random, 12)) {
    case 0: rs.erase(place); break;
    case 1: rs.insert(place, AnyRecord(*place)); break;
    case 2: std::swap(rs[at], rs[below(random, rs.size())]); break;
    case 3: rs.insert(place + 1, invented(rs[at], random)); break;
    case 4: change_header(rs[at], input, random); break;
    case 5: {  // a run again, or without it
      const size_t end = std::min(rs.size(), at + 1 + below(random, 16));
      const std::vector<AnyRecord> run(place, rs.begin() + static_cast<std::ptrdiff_t>(end));
      if (below(random, 2))
        rs.erase(place, rs.begin() + static_cast<std::ptrdiff_t>(end));
      else
        rs.insert(rs.begin() + static_cast<std::ptrdiff_t>(below(random, rs.size() + 1)), run.begin(), run.end());
      break;
    }
    case 6: input.switches ^= static_cast<uint8_t>(1u << below(random, 2)); break;
    case 7: {  // everything behind it later, or at once
      const uint64_t by = value(random, 1000);
      for (size_t i = at; i < rs.size(); ++i) rs[i].header().time += by;
      break;
    }
    default: change_field(rs[at], input, random); break;
  }
}
}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  Random random(seed);
  if (below(random, 50) == 0) return LLVMFuzzerMutate(data, size, most);
  Input input = fuzz::split(data, size);
  for (size_t n = 1 + below(random, 4); n; --n) mutate(input, random);
  return fuzz::join(input, data, most);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* data1, size_t size1, const uint8_t* data2, size_t size2, uint8_t* out, size_t most,
                                            unsigned seed) {
  Random random(seed);
  Input a = fuzz::split(data1, size1);
  const Input b = fuzz::split(data2, size2);
  // a stretch of the one in the midst of the other
  const size_t from = below(random, b.records.size()), end = std::min(b.records.size(), from + 1 + below(random, 64));
  a.records.insert(a.records.begin() + static_cast<std::ptrdiff_t>(below(random, a.records.size() + 1)),
                   b.records.begin() + static_cast<std::ptrdiff_t>(from), b.records.begin() + static_cast<std::ptrdiff_t>(end));
  return fuzz::join(a, out, most);
}
