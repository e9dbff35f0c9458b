// SPDX-License-Identifier: Apache-2.0
// Judging while recording: what goes into the trace also goes to an engine, in time order, once its losses are settled.
#pragma once

#include <memory>
#include <vector>

#include "analyzer/engine/engine.h"
#include "collector/stream/live_order.h"
#include "collector/stream/trace_outlet.h"

namespace mirrorscope::cli {

class LiveCheck {
 public:
  LiveCheck() { engines_.push_back(std::make_unique<Engine>(EngineOptions{.rules = {}, .trace = {.recorded = true}})); }

  RecordTap tap() {
    return [this](uint16_t stream, const ev_header* records, size_t bytes) { order_.take(stream, records, bytes); };
  }

  // Once, when the recording is over. Findings name their events; their values are in the trace.
  Report finish() {
    order_.finish();
    return Engine::finish(engines_);
  }

  // What can be said while it goes on.
  std::vector<Engine::Objection> objections() { return engines_.front()->objections(); }

  bool overflowed() const { return order_.overflowed(); }

 private:
  std::vector<std::unique_ptr<Engine>> engines_;
  LiveOrder order_{[this](const ev_header& record) { engines_.front()->feed(record); }};
};

}  // namespace mirrorscope::cli
