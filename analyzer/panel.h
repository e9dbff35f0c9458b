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

  // What the rule has said; it must be one of the chosen.
  const Judge& judge_of(const RuleDef& rule) const;

 private:
  // both by the rule's place in the list of files; a rule that was not chosen is null
  std::vector<std::unique_ptr<Rule>> rules_;
  std::vector<Judge> judges_;
  const Mirror& mirror_;
};

}  // namespace mirrorscope
