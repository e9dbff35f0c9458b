// SPDX-License-Identifier: Apache-2.0
// What lasts longer than a call: an invalidation from start to end, a mapping, a registration, an access, a migration.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>

#include "report/kept_record.h"
#include "schema/events.h"

namespace mirrorscope {

// The rows of schema/spans.def.
enum class SpanKind : uint8_t {
#define SPAN(kind, by) kind,
#include "schema/spans.def"
  kinds
};
std::string_view to_string(SpanKind kind);

class Spans {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    // `end` is null if the trace does not have it: the span lasts to `time`.
    virtual void span(SpanKind kind, const ev_header& begin, uint64_t time, const ev_header* end) = 0;
  };

  explicit Spans(Sink& sink) : sink_(sink) {}
  void see(const ev_header& record);
  void finish();

  // Begun by one task and often ended by another: as a call it would say nothing.
  static bool is_detached(uint16_t event);

 private:
  struct Key {
    SpanKind kind;
    uint64_t object;
    uint64_t which;
    auto operator<=>(const Key&) const = default;
  };
  struct Mapped {
    KeptRecord begin;
    uint64_t end;
  };
  void open(const Key& key, const ev_header& begin);
  void close(const Key& key, const ev_header& end);
  void unmap(uint64_t ctx, uint64_t start, uint64_t end, const ev_header& record);

  Sink& sink_;
  std::map<Key, KeptRecord> open_;
  std::map<uint64_t, std::map<uint64_t, Mapped>> mapped_;  // by ctx and first byte; never overlapping
  uint64_t last_ = 0;
};

}  // namespace mirrorscope
