// SPDX-License-Identifier: Apache-2.0
// Which records begin and end a slice of a task's time: calls nest, whatever was lost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "schema/events.h"

namespace mirrorscope {

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
  // Calls of a task that have not returned: their entries one behind the other, outermost first.
  class Calls {
   public:
    bool empty() const { return begins_.empty(); }
    size_t size() const { return begins_.size(); }
    void push(const ev_header& entry);
    void pop();
    const ev_header& innermost() const { return at(begins_.back()); }
    const ev_header& outermost() const { return at(begins_.front()); }
    void drop_outermost();
    bool has(uint16_t event) const;

   private:
    const ev_header& at(size_t begin) const { return *reinterpret_cast<const ev_header*>(&words_[begin]); }
    std::vector<uint64_t> words_;
    std::vector<size_t> begins_;  // in words_
  };
  static constexpr size_t kMostNested = 64;

  Sink& sink_;
  std::map<uint32_t, Calls> open_;  // by tid
  uint64_t last_ = 0;
};

}  // namespace mirrorscope
