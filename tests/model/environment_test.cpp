// SPDX-License-Identifier: Apache-2.0
// What does each program of the environment leave behind, and which invalidations does it make?
#include <gtest/gtest.h>

#include "lone.h"

namespace mirrorscope::model {
namespace {

Lone after(std::string_view name, u8 lo = 0, u8 hi = 1, bool populated = true) {
  Parts p = watched();
  p.populated = populated;
  p.threads = {{"process", name, lo, hi}};
  Lone m(p);
  m.run(0);
  EXPECT_TRUE(m.over(0)) << name;
  EXPECT_EQ(m.out.hits | at_end(m.model, m.s), 0u) << name;
  return m;
}
// Only the invalidations: "unmap clear".
std::string reasons(Lone& m) {
  std::string text;
  m.records.each([&](const ev_header& h) {
    if (h.id != EV_inv_start) return;
    const auto& e = reinterpret_cast<const ev_inv_start&>(h);
    text += (text.empty() ? "" : " ") + std::string(label_of(catalog::enum_reason, e.reason));
  });
  return text;
}
bool maps(const Lone& m, u8 va, unsigned frame) { return m.s.pte[va].kind == Entry::present && m.s.pte[va].ref.is(frame); }

TEST(environment, munmap_leaves_no_vma_no_entry_and_a_free_page) {
  Lone m = after("munmap");
  EXPECT_EQ(reasons(m), "unmap");
  EXPECT_EQ(m.s.prot[0], 0);
  EXPECT_EQ(m.s.pte[0].kind, Entry::none);
  EXPECT_TRUE(m.s.page[0].free());
  EXPECT_TRUE(maps(m, 1, 1));
}
TEST(environment, remap_fixed_puts_a_page_there_that_was_freed_before) {
  Lone m = after("remap_fixed");
  EXPECT_EQ(reasons(m), "unmap");
  EXPECT_EQ(m.s.prot[0], 3);
  EXPECT_TRUE(maps(m, 0, 0));  // frame 0 was freed and is the first that is free
}
TEST(environment, mremap_moves_the_page) {
  Lone m = after("mremap_away");
  EXPECT_EQ(reasons(m), "unmap");
  EXPECT_EQ(m.s.pte[0].kind, Entry::none);
  EXPECT_TRUE(maps(m, 2, 0));
}
TEST(environment, dontneed_keeps_the_vma) {
  Lone m = after("dontneed");
  EXPECT_EQ(reasons(m), "clear");
  EXPECT_EQ(m.s.prot[0], 3);
  EXPECT_EQ(m.s.pte[0].kind, Entry::none);
  EXPECT_TRUE(m.s.page[0].free());
}
TEST(environment, mprotect_takes_the_write_bit_and_the_page_stays) {
  Lone m = after("mprotect_ro");
  EXPECT_EQ(reasons(m), "protection_vma");
  EXPECT_TRUE(maps(m, 0, 0));
  EXPECT_FALSE(m.s.pte[0].ref.write());
  EXPECT_EQ(m.s.prot[0], 1);
}
TEST(environment, fork_and_write_give_the_parent_another_page) {
  Lone m = after("fork_write");
  EXPECT_EQ(reasons(m), "protection_page clear");
  EXPECT_TRUE(maps(m, 0, 2));
  EXPECT_TRUE(m.s.child[0].is(0));
  EXPECT_EQ(m.s.page[0].maps, 1);
}
TEST(environment, fork_of_a_pinned_page_copies_it_for_the_child) {
  Parts p = watched();
  p.programs.push_back(program("pin", {pin(), end()}));
  p.threads = {{"driver", "pin", 0, 1}, {"process", "fork_write", 0, 1}};
  Lone m(p);
  m.run(0);
  m.run(1);
  EXPECT_EQ(reasons(m), "protection_page");
  EXPECT_TRUE(maps(m, 0, 0));
  EXPECT_TRUE(m.s.pte[0].ref.write());
  EXPECT_TRUE(m.s.child[0].is(2));
}
TEST(environment, reclaim_leaves_a_swap_entry) {
  Lone m = after("reclaim");
  EXPECT_EQ(reasons(m), "clear");
  EXPECT_EQ(m.s.pte[0].kind, Entry::swap);
  EXPECT_TRUE(m.s.page[0].free());
}
TEST(environment, reclaim_leaves_pinned_pages_alone) {
  Parts p = watched();
  p.programs.push_back(program("pin", {pin(), end()}));
  p.threads = {{"driver", "pin", 0, 1}, {"kswapd", "reclaim", 0, 1}};
  Lone m(p);
  m.run(0);
  m.run(1);
  EXPECT_TRUE(maps(m, 0, 0));
}
TEST(environment, swap_in_brings_a_page_back) {
  Lone m = after("swap_in");
  EXPECT_EQ(m.s.pte[0].kind, Entry::present);
}
TEST(environment, compaction_moves_to_another_frame) {
  Lone m = after("compaction");
  EXPECT_EQ(reasons(m), "clear");
  EXPECT_TRUE(maps(m, 0, 2));
  EXPECT_TRUE(m.s.page[0].free());
}
TEST(environment, writeback_makes_the_page_clean_and_read_only) {
  Lone m = after("writeback");
  EXPECT_EQ(reasons(m), "protection_page");
  EXPECT_FALSE(m.s.pte[0].ref.write());
  EXPECT_EQ(m.s.page[0].flags & Page::kDirty, 0);
}
TEST(environment, a_huge_page_is_split_as_a_whole) {
  Parts p = watched();
  p.huge = true;
  p.threads = {{"process", "thp_split", 1, 2}};
  Lone m(p);
  m.run(0);
  EXPECT_EQ(reasons(m), "clear");
  EXPECT_EQ(m.s.pte[0].huge, 0);
  EXPECT_EQ(m.s.pte[1].huge, 0);
}
TEST(environment, a_reaper_takes_what_it_may) {
  Lone m = after("process_mrelease");
  EXPECT_EQ(reasons(m), "clear");
  EXPECT_EQ(m.s.pte[0].kind, Entry::none);
}
TEST(environment, nothing_is_left_of_a_process_that_exits) {
  Lone m = after("exit_mm", 0, 2);
  EXPECT_EQ(reasons(m), "unmap");
  for (const Page& page : m.s.page) EXPECT_TRUE(page.free());
  EXPECT_TRUE(m.s.flags & State::kExited);
}
TEST(environment, the_last_mmput_tears_down_whoever_calls_it) {
  Parts p = watched();
  p.programs.push_back(program("work", {mmget("dead"), lock(1), unlock(1), mmput(), label("dead"), end()}));
  p.threads = {{"worker", "work", 0, 1}, {"process", "exit_mm", 0, 1}};
  Lone m(p);
  m.run(0, 1);
  m.run(1);
  EXPECT_FALSE(m.s.flags & State::kExited);
  m.run(0);
  EXPECT_TRUE(m.s.flags & State::kExited);
}
TEST(environment, a_write_makes_a_page_of_nothing) {
  Lone m = after("cpu_write", 0, 2, false);
  EXPECT_TRUE(maps(m, 0, 0) && maps(m, 1, 1));
}
TEST(environment, a_migration_to_the_device_and_back) {
  Parts p = watched();
  p.programs.push_back(program("there", {lock_read(mmap_lock), call("migrate_vma_to_device"), migrate_alloc(to_device), copy_begin(),
                                         copy_end(), migrate_pages(), migrate_finalize(), unlock(mmap_lock), end()}));
  p.programs.push_back(program("migrate_to_ram", {call("migrate_vma_to_ram"), migrate_alloc(to_ram), copy_begin(), copy_end(),
                                                  migrate_pages(), migrate_finalize(), end()}));
  p.threads = {{"driver", "there", 0, 1}, {"process", "cpu_write", 0, 1}};
  Lone m(p);
  m.run(0);
  EXPECT_EQ(m.s.pte[0].kind, Entry::device);
  EXPECT_EQ(m.s.pte[0].ref.frame(), kDevicePage);
  EXPECT_TRUE(m.s.page[0].free());
  m.run(1);
  EXPECT_TRUE(maps(m, 0, 0));
  EXPECT_TRUE(m.s.page[kDevicePage].free());
  EXPECT_EQ(reasons(m), "migrate migrate");
  EXPECT_EQ(m.out.hits | at_end(m.model, m.s), 0u);
}

}  // namespace
}  // namespace mirrorscope::model
