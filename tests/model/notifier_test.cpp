// SPDX-License-Identifier: Apache-2.0
// Do the counters move as in mm/mmu_notifier.c?
#include <gtest/gtest.h>

#include "lone.h"

namespace mirrorscope::model {
namespace {

// A thread that starts and ends one invalidation of its pages.
Parts with(std::vector<ThreadDef> threads) {
  Parts p = watched();
  p.programs.push_back(program("once", {inv_start(MS_reason_clear), inv_end(), end()}));
  p.programs.push_back(program("read", {read_begin(0), end()}));
  p.programs.push_back(program("insert", {sub_insert(0), end()}));
  p.programs.push_back(program("remove", {sub_remove(0), end()}));
  p.threads = std::move(threads);
  return p;
}

TEST(episode, one_start_makes_it_odd_and_its_end_even) {
  Lone m(with({{"a", "once", 0, 1}}));
  EXPECT_EQ(m.s.seq, 2);
  m.run_to(0, Op::inv_end);
  EXPECT_EQ(m.s.seq, 3);
  EXPECT_EQ(m.s.active, 1);
  EXPECT_EQ(m.s.sub[0].m, 3);
  m.run(0);
  EXPECT_EQ(m.s.seq, 4);
  EXPECT_EQ(m.s.active, 0);
  EXPECT_EQ(m.s.sub[0].m, 3);
  EXPECT_EQ(m.story(), "inv_start(clear) cb_enter cb_ret inv_start_ret inv_end itree_end itree_end_ret inv_end_ret");
}

TEST(episode, parallel_starts_share_it_and_the_last_end_closes_it) {
  Lone m(with({{"a", "once", 0, 1}, {"b", "once", 1, 2}}));
  m.run_to(0, Op::inv_end);
  m.run_to(1, Op::inv_end);
  EXPECT_EQ(m.s.seq, 3);
  EXPECT_EQ(m.s.active, 2);
  m.run(0);
  EXPECT_EQ(m.s.seq, 3);
  m.run(1);
  EXPECT_EQ(m.s.seq, 4);
}

TEST(episode, a_start_that_meets_no_sub_only_counts) {
  Parts p = with({{"a", "once", 2, 3}});
  p.subs[0].hi = 2;
  Lone m(p);
  m.run_to(0, Op::inv_end);
  EXPECT_EQ(m.s.seq, 2);
  EXPECT_EQ(m.s.active, 1);
  m.run(0);
  EXPECT_EQ(m.s.seq, 2);
  EXPECT_EQ(m.s.active, 0);
}

TEST(insert, in_quiet_times_gets_an_odd_sequence_of_the_past) {
  Parts p = with({{"a", "insert", 0, 1}});
  p.subs[0].inserted = false;
  Lone m(p);
  m.run(0);
  EXPECT_EQ(m.s.sub[0].m, 1);
  EXPECT_EQ(m.s.sub[0].where, Sub::kInTree);
}

// The sub that is inserted is not the one that the range meets, so the tree is only partly excluded.
Parts two_subs(std::vector<ThreadDef> threads) {
  Parts p = with(std::move(threads));
  p.subs = {{.lo = 0, .hi = 2, .invalidate = "invalidate", .finish = {}, .inserted = false},
            {.lo = 2, .hi = 3, .invalidate = "invalidate", .finish = {}}};
  return p;
}

TEST(insert, inside_an_odd_episode_is_deferred_to_its_end) {
  Lone m(two_subs({{"a", "once", 2, 3}, {"b", "insert", 0, 1}}));
  m.run_to(0, Op::inv_end);
  m.run(1);
  EXPECT_EQ(m.s.sub[0].where, Sub::kDeferredInsert);
  EXPECT_EQ(m.s.sub[0].m, 3);
  m.run(0);
  EXPECT_EQ(m.s.sub[0].where, Sub::kInTree);
}

TEST(insert, while_a_start_that_met_nobody_is_open_begins_an_episode) {
  Lone m(two_subs({{"a", "once", 3, 4}, {"b", "insert", 0, 1}}));
  m.run_to(0, Op::inv_end);
  m.run(1);
  EXPECT_EQ(m.s.seq, 3);
  EXPECT_EQ(m.s.sub[0].where, Sub::kInTree);
  EXPECT_EQ(m.s.sub[0].m, 3);
  m.run(0);
  EXPECT_EQ(m.s.seq, 4);
}

TEST(remove, inside_an_episode_waits_for_its_end) {
  Lone m(with({{"a", "once", 0, 1}, {"b", "remove", 0, 1}}));
  m.run_to(0, Op::inv_end);
  m.run(1);
  EXPECT_FALSE(m.over(1));
  EXPECT_EQ(m.s.sub[0].where, Sub::kInTree | Sub::kDeferredRemove);
  m.run(0);
  EXPECT_EQ(m.s.sub[0].where, 0);
  m.run(1);
  EXPECT_TRUE(m.over(1));
}

TEST(remove, of_a_deferred_insert_does_not_wait) {
  Parts p = two_subs({{"a", "once", 2, 3}, {"b", "insert and remove", 0, 1}});
  p.programs.push_back(program("insert and remove", {sub_insert(0), sub_remove(0), end()}));
  Lone m(p);
  m.run_to(0, Op::inv_end);
  m.run(1);
  EXPECT_TRUE(m.over(1));
  m.run(0);
  EXPECT_EQ(m.s.sub[0].where, 0);
}

TEST(read_begin, waits_only_for_an_episode_that_met_its_sub) {
  Lone m(with({{"a", "once", 0, 1}, {"b", "read", 0, 1}}));
  m.run(1, 1);
  EXPECT_EQ(m.s.seq, 2);
  Lone n(with({{"a", "once", 0, 1}, {"b", "read", 0, 1}}));
  n.run_to(0, Op::inv_end);
  n.run(1);
  EXPECT_FALSE(n.over(1));
  n.run(0);
  n.run(1);
  EXPECT_TRUE(n.over(1));
}

TEST(failure, ends_the_episode_inside_the_start_and_calls_no_further_sub) {
  Parts p = watched();
  p.programs = {program("refuse", {ret_false()}), program("invalidate", {set_seq(), ret_true()}),
                program("reap", {inv_start(MS_reason_clear, non_blockable), if_ret(EAGAIN, "out"), inv_end(), label("out"), end()})};
  p.subs = {{.lo = 0, .hi = 1, .invalidate = "refuse", .finish = {}}, {.lo = 0, .hi = 1, .invalidate = "invalidate", .finish = {}}};
  p.threads = {{"reaper", "reap", 0, 1}};
  Lone m(p);
  m.run(0);
  EXPECT_EQ(m.story(), "inv_start(clear) cb_enter cb_ret itree_end itree_end_ret inv_start_ret");
  EXPECT_EQ(m.s.seq, 4);
  EXPECT_EQ(m.s.active, 0);
  EXPECT_EQ(m.out.hits, 0u);
}

TEST(failure, of_a_blockable_range_is_a_bug_and_goes_on) {
  Parts p = watched();
  p.programs = {program("invalidate", {ret_false()}), program("once", {inv_start(MS_reason_clear), inv_end(), end()})};
  p.threads = {{"a", "once", 0, 1}};
  Lone m(p);
  m.run(0);
  EXPECT_EQ(m.out.hits, Hits{hit_misuse});
  EXPECT_TRUE(m.over(0));
}

TEST(two_pass, finishes_run_behind_all_first_passes_and_before_the_list) {
  Parts p = watched();
  p.programs = {program("first", {set_seq(), finish_later(), ret_true()}), program("finish", {end()}),
                program("list", {end()}), program("once", {inv_start(MS_reason_unmap), inv_end(), end()})};
  p.subs = {{.lo = 0, .hi = 1, .invalidate = "first", .finish = "finish"}, {.lo = 0, .hi = 1, .invalidate = "first", .finish = "finish"}};
  p.lists = {{.start = "list", .end = "list", .release = {}}};
  p.threads = {{"a", "once", 0, 1}};
  Lone m(p);
  m.run(0);
  EXPECT_EQ(m.story(),
            "inv_start(unmap) cb_enter cb_ret cb_enter cb_ret cb_finish cb_finish_ret cb_finish cb_finish_ret "
            "hl_start hl_start_ret inv_start_ret inv_end itree_end itree_end_ret hl_end hl_end_ret inv_end_ret");
}

TEST(list, refusing_calls_every_end_and_leaves_the_tree_counted) {
  // mn_hlist_invalidate_range_start() does not undo what mn_itree_invalidate() counted, and the caller calls no end
  Parts p = watched();
  p.programs.push_back(program("refuse", {ret_false()}));
  p.programs.push_back(program("done", {end()}));
  p.programs.push_back(program("reap", {inv_start(MS_reason_clear, non_blockable), end()}));
  p.lists = {{.start = "refuse", .end = {}, .release = {}}, {.start = "done", .end = "done", .release = {}}};
  p.threads = {{"reaper", "reap", 0, 1}};
  Lone m(p);
  m.run(0);
  EXPECT_EQ(m.story(), "inv_start(clear) cb_enter cb_ret hl_start hl_start_ret hl_start hl_start_ret hl_end hl_end_ret inv_start_ret");
  EXPECT_EQ(m.s.active, 1);
}

TEST(exit, release_comes_before_the_unmap_of_everything) {
  Parts p = watched();
  p.threads = {{"process", "exit_mm", 0, 1}};
  Lone m(p);
  m.run(0);
  EXPECT_EQ(m.story(),
            "mm_exit mm_release cb_enter cb_ret itree_end itree_end_ret mm_release_ret inv_start(unmap) cb_enter cb_ret inv_start_ret "
            "vma_unmap inv_end itree_end itree_end_ret inv_end_ret page_free page_free mm_exit_ret");
}

}  // namespace
}  // namespace mirrorscope::model
