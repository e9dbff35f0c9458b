// SPDX-License-Identifier: Apache-2.0
// Is the sample at the top of analyzer/rule.h a rule? It is taken from the comment as it stands (CMakeLists.txt), compiled with the warnings of
// the program, and asked.
#include <gtest/gtest.h>

#include <memory>

#include "analyzer/rule.h"
#include "analyzer/words.h"

namespace mirrorscope::test {

namespace {
using rules::define;
#include "rule_sample.inc"

ev_cb_ret returned(uint64_t cur_seq, uint64_t sub_seq) {
  ev_cb_ret e{};
  e.h.time = 20;
  e.h.id = EV_cb_ret;
  e.cur_seq = cur_seq;
  e.sub_seq = sub_seq;
  return e;
}

struct Said {
  uint64_t held, unknown, broken;
  bool operator==(const Said&) const = default;
};

Said of(Rule& rule, const ev_cb_ret& e, const Facts& facts) {
  Judge judge;
  static_cast<class_seq_01&>(rule).on(e, facts, judge);
  return {judge.held_count(), judge.unknown_count(), judge.broken_count()};
}
}  // namespace

TEST(Sample, IsARuleThatJudges) {
  const RuleDef& def = rule_seq_01();
  EXPECT_EQ(def.info.id, "SEQ-01");
  EXPECT_TRUE(def.needs.test(EV_cb_ret));
  const std::unique_ptr<Rule> rule = def.make();
  Call entry{};
  Facts facts{};
  EXPECT_EQ(of(*rule, returned(5, 5), facts), (Said{0, 1, 0}));
  facts.has_entry = true;
  facts.entry = &entry;
  EXPECT_EQ(of(*rule, returned(5, 5), facts), (Said{1, 0, 0}));
  EXPECT_EQ(of(*rule, returned(5, 3), facts), (Said{0, 0, 1}));
}

}  // namespace mirrorscope::test
