// SPDX-License-Identifier: Apache-2.0
// Which records begin and end a slice of a task's time: calls nest, whatever was lost.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "schema/events.h"

namespace mirrorscope {

// Records must stay where they are.
class Slices {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    virtual void begin(const ev_header& entry) = 0;
    // `exit` is null if the return is not in the trace: the slice ends where one around it does, or with the trace.
    virtual void end(const ev_header& entry, uint64_t time, const ev_header* exit) = 0;
    // Points, and returns whose entry is not in the trace.
    virtual void instant(const ev_header& record) = 0;
  };

  explicit Slices(Sink& sink) : sink_(sink) {}
  void see(const ev_header& record);
  void finish();

 private:
  Sink& sink_;
  std::map<uint32_t, std::vector<const ev_header*>> open_;  // by tid, outermost first
  uint64_t last_ = 0;
};

}  // namespace mirrorscope
