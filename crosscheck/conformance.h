// SPDX-License-Identifier: Apache-2.0
// Is a trace a behaviour of the model? Both halves of driver-model/conform over one trace, and its losses: what they may explain is a doubt.
//
//   Conformance c(profile);
//   for (record : trace) c.learn(record);
//   for (record : trace) c.feed(record);
//   c.finish()
#pragma once

#include <string>
#include <vector>

#include "analyzer/losses/intake.h"
#include "driver-model/conform/driver.h"
#include "driver-model/conform/kernel.h"

namespace mirrorscope {

enum class Conforms : uint8_t { conformant, diverges, inconclusive };

struct Doubt {
  conform::Divergence divergence;
  std::string because;
};

struct ConformanceReport {
  Conforms verdict = Conforms::inconclusive;
  std::string because;  // of an inconclusive one
  uint64_t records = 0, steps = 0, lost = 0;
  std::vector<std::pair<uint64_t, conform::Replayed>> mms;
  std::vector<conform::Driver::Object> objects;
  std::vector<conform::Divergence> divergences;  // in time order
  std::vector<Doubt> doubts;
};

class Conformance {
 public:
  // Null: each object is of the profile that its dev_ctx looks like.
  Conformance(const model::Profile* profile, const TraceFacts& facts) : intake_(facts), driver_(profile) {}
  void learn(const ev_header& record) { driver_.learn(record); }
  // True if it diverges, or seems to.
  bool feed(const ev_header& record);
  void damaged(const LossWindow& window) { intake_.losses().add(window); }
  void heads_say(uint16_t cpu, uint64_t discarded) { intake_.heads_say(cpu, discarded); }
  ConformanceReport finish();

 private:
  Intake intake_;
  conform::Kernel kernel_;
  conform::Driver driver_;
};

std::string_view to_string(Conforms verdict);

}  // namespace mirrorscope
