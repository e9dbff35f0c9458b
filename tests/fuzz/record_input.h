// SPDX-License-Identifier: Apache-2.0
// An input of a fuzzer as the records of a trace, in the order in which a Merge would give them.
//
// Input: a byte of switches, then records as they lie in a stream, each as long as its event is. Switch 1: a recorder made it, so it has to account
// for itself. Switch 2: the numbers of each CPU are made dense, so that nothing counts as lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "analyzer/engine/engine.h"
#include "report/findings.h"
#include "report/render/format.h"
#include "trace/text/text.h"

namespace mirrorscope::fuzz {

struct Input {
  uint8_t switches = 0;
  std::vector<trace::AnyRecord> records;

  bool every_rule = false;  // what the rules that found nothing say is written, too, which is most of the work: one input of 64

  static constexpr uint8_t recorded = 1;
  static constexpr uint8_t dense = 2;
};

// Whatever the bytes are. Records behind one that is none are left out.
Input split(const uint8_t* data, size_t size);
// The other direction, at most `most` bytes: what does not fit is left out.
size_t join(const Input& input, uint8_t* data, size_t most);

// As a reader delivers them: times never go down.
void put_in_order(Input& input);

// The records judged by all rules, as `check` does it.
struct Judged {
  explicit Judged(const Input& input);
  Judged(const Judged&) = delete;

  Report report;
  Document document;

 private:
  const ev_header* find(const EventRef& ref) const;
  const Input& input_;
};

inline void check(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace mirrorscope::fuzz
