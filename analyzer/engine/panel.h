// SPDX-License-Identifier: Apache-2.0
// The rules of one engine, and how a record reaches those that judge its event: one function per event, in which the on() of every
// rule is called directly, so that a rule that has nothing to object costs a comparison and no call.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "analyzer/rule.h"

namespace mirrorscope {

class Panel {
 public:
  // `mirror` outlives the panel.
  Panel(std::span<const RuleDef* const> chosen, const Mirror& mirror);

  // After the mirror's step of this record.
  void judge(const ev_header& record, const Facts& facts);
  // After the last record, once.
  void finish(uint64_t end);

  // What the i-th of the chosen rules has said.
  const Judge& judge_of(size_t i) const { return judges_[chosen_[i]]; }

 private:
  // both by the rule's place in the list of files; a rule that was not chosen is null
  std::vector<std::unique_ptr<Rule>> rules_;
  std::vector<Judge> judges_;
  std::vector<size_t> chosen_;  // their places
  const Mirror& mirror_;
};

}  // namespace mirrorscope
