// SPDX-License-Identifier: Apache-2.0
// What the mirror forgets, and when: everything of an mm with its end, and of what is too much to keep the oldest, which it says.
#include <gtest/gtest.h>

#include "driver-model/mirror/mirror.h"

namespace mirrorscope {
namespace {
constexpr uint64_t kMm = 0xaa00, kOther = 0xbb00;

#define FIELD(type, name, says)
#define ARRAY(type, n, name, says)
#define EVENT(id, name, pair, kind, area, from, about, says, ...) \
  constexpr uint16_t id_of(const ev_##name*) { return id; }
#include "schema/events.def"
#undef EVENT
#undef FIELD
#undef ARRAY

class Told {
 public:
  template <typename Ev, typename Fill>
  const Facts& tell(Fill fill, uint64_t mm = kMm, uint32_t tid = 7) {
    Ev e{};
    fill(e);
    e.h = {.time = time_ += 10'000, .id = id_of(static_cast<const Ev*>(nullptr)), .cpu = 0, .seq = seq_++, .mm = mm, .tid = tid, .tgid = tid};
    mirror.step(e.h, facts);
    return facts;
  }
  // Something of every kind, and more than one of some.
  void live(uint64_t mm = kMm) {
    for (uint64_t i = 1; i <= 3; ++i) {
      tell<ev_dev_ctx>([&](auto& e) { e.ctx = 0x30 + i; e.discipline = MS_discipline_unmap; }, mm);
      tell<ev_dev_map>([&](auto& e) { e.ctx = 0x30 + i; e.start = 0x1000 * i; e.end = 0x9000; e.pfn = 0x70 + i; }, mm);
      tell<ev_dev_map>([&](auto& e) { e.ctx = 0x40 + i; e.start = 0x1000 * i; e.end = 0x9000; }, mm);  // of one that says nothing of itself
      tell<ev_reg>([&](auto& e) { e.ctx = 0x50 + i; e.start = 0x1000; e.end = 0x9000; }, mm);
      tell<ev_svm_range>([&](auto& e) { e.ctx = 0x30 + i; e.range = 0x60 + i; e.start = 0x1000; e.end = 0x9000; e.verb = MS_svm_verb_created; }, mm);
      tell<ev_vma_map>([&](auto& e) { e.start = 0x1000 * i; e.end = 0x9000; }, mm);
      tell<ev_dma_begin>([&](auto& e) { e.ctx = 0x30 + i; e.start = 0x1000; e.end = 0x2000; }, mm);
      tell<ev_migrate_setup_ret>([&](auto& e) { e.args = 0x80 + i; e.cpages = 1; }, mm);
      tell<ev_inv_start_ret>([&](auto& e) { e.range = 0x90 + i; e.start = 0x1000; e.end = 0x2000; }, mm, static_cast<uint32_t>(10 + i));
    }
  }
  size_t tasks() const {
    size_t n = 0;
    mirror.each_task([&](const Task&) { ++n; });
    return n;
  }
  size_t regions() const {
    size_t n = 0;
    mirror.each_task([&](const Task& t) { n += t.regions.count; });
    return n;
  }

  Mirror mirror;
  Facts facts;

 private:
  uint64_t time_ = 1'000'000'000;
  uint32_t seq_ = 0;
};

void exits(Told& t) {
  t.tell<ev_mm_exit>([](auto&) {});
  t.tell<ev_mm_exit_ret>([](auto&) {});
}
void is_freed(Told& t) { t.tell<ev_mm_end>([](auto&) {}); }
void comes_again_as_a_child(Told& t) { t.tell<ev_mm_fork>([&](auto& e) { e.child = kMm; }, kOther); }

struct End {
  const char* name;
  void (*happens)(Told&);
  bool registrations_stay;  // an MR holds the mm until it is given back, after exit_mmap()
};
class Ends : public testing::TestWithParam<End> {};

TEST_P(Ends, LeaveNothing) {
  Told t;
  t.live(kOther);
  const size_t others = t.mirror.live() + 1;  // and what is kept of an address
  Told u;
  u.live();
  u.live(kOther);
  GetParam().happens(u);
  u.tell<ev_page_free>([](auto&) {});
  EXPECT_LE(u.mirror.live(), others + (GetParam().registrations_stay ? 3 : 0));
  EXPECT_EQ(u.regions(), t.regions());
}

// Not a mapping, not a registration, not an invalidation of the old one is the new one's, whichever of them is seen first.
TEST_P(Ends, TheAddressUsedAgainIsAnother) {
  Told t;
  t.live();
  const uint64_t generation = t.mirror.generation_of(kMm);
  GetParam().happens(t);
  t.tell<ev_dev_unmap>([&](auto& e) { e.ctx = 0x31; e.start = 0x1000; e.end = 0x9000; });  // late
  t.tell<ev_dev_map>([&](auto& e) { e.ctx = 0x39; e.start = 0x1000; e.end = 0x9000; });
  const Facts& f = t.tell<ev_sub_insert_ret>([&](auto& e) { e.sub = 0x20; e.start = 0x1000; e.last = 0x1fff; });
  ASSERT_TRUE(f.mm);
  EXPECT_NE(f.mm->generation, generation);
  EXPECT_EQ(f.mm->subs.size(), 1u);
  EXPECT_EQ(f.mm->pinned.size() + f.mm->ranges.size() + f.mm->vmas.size() + f.mm->dmas.size() + f.mm->ctxs.size(), 0u);
  EXPECT_EQ(f.mm->open_regions, 0u);
  EXPECT_FALSE(f.mm->exited || f.mm->releasing || f.mm->over);
}

INSTANTIATE_TEST_SUITE_P(Mm, Ends,
                         testing::Values(End{"exits", exits, true}, End{"is_freed", is_freed, false}, End{"comes_again_as_a_child", comes_again_as_a_child, false}),
                         [](const auto& at) { return std::string(at.param.name); });

TEST(Ends, OfAnMmWhoseNotifierIsRemovedLater) {
  Told t;
  t.tell<ev_sub_insert_ret>([&](auto& e) { e.sub = 0x20; e.start = 0x1000; e.last = 0x1fff; });
  t.live();
  exits(t);
  const Facts& f = t.tell<ev_sub_remove>([&](auto& e) { e.sub = 0x20; });
  ASSERT_TRUE(f.sub);
  EXPECT_TRUE(f.mm && f.mm->over);
  t.tell<ev_sub_remove_ret>([&](auto& e) { e.sub = 0x20; });
  EXPECT_TRUE(t.tell<ev_vma_map>([&](auto& e) { e.start = 0x1000; e.end = 0x2000; }).mm);
  EXPECT_FALSE(t.facts.mm->over || t.facts.mm->exited);
}

// A notifier of the mm that had the address before would have kept it: nobody has to call it for the new one.
TEST(Ends, OfANotifierWhoseRemovalWasNotSeen) {
  Told t;
  t.tell<ev_sub_insert_ret>([&](auto& e) { e.sub = 0x20; e.start = 0x1000; e.last = 0x1fff; });
  exits(t);
  const Facts& f = t.tell<ev_sub_insert_ret>([&](auto& e) { e.sub = 0x21; e.start = 0x1000; e.last = 0x1fff; });
  EXPECT_EQ(f.mm->subs.size(), 1u);
  EXPECT_FALSE(t.mirror.sub(0x20));
}

TEST(Ends, OfAListNotifierIsNotTheNextMms) {
  Told t;
  t.tell<ev_mn_register_ret>([&](auto& e) { e.sub = 0x20; e.start_fn = 0xf1; e.users = 1; });
  EXPECT_TRUE(t.mirror.watched_by_list(kMm));
  exits(t);
  EXPECT_FALSE(t.mirror.watched_by_list(kMm));
  t.tell<ev_vma_map>([&](auto& e) { e.start = 0x1000; e.end = 0x2000; });
  t.tell<ev_mn_unregister_ret>([&](auto& e) { e.sub = 0x20; }, 0);
  t.tell<ev_mn_register_ret>([&](auto& e) { e.sub = 0x21; e.start_fn = 0xf1; e.users = 1; });
  EXPECT_TRUE(t.mirror.watched_by_list(kMm));
  t.tell<ev_mn_unregister_ret>([&](auto& e) { e.sub = 0x21; }, 0);
  EXPECT_FALSE(t.mirror.watched_by_list(kMm));
}

TEST(TooMany, ListNotifiersThatAreOver) {
  Told t;
  for (uint64_t i = 1; i <= 20'000; ++i) {
    t.tell<ev_mn_register_ret>([&](auto& e) { e.sub = i; e.start_fn = 0xf1; e.users = 1; });
    t.tell<ev_mn_unregister_ret>([&](auto& e) { e.sub = i; }, 0);
  }
  EXPECT_LE(t.mirror.live(), 1100u);
  EXPECT_EQ(t.mirror.given_up().count, 0u);
}

TEST(TooMany, MmsOfWhichNothingIsLeft) {
  Told t;
  for (uint64_t i = 1; i <= 100'000; ++i) t.tell<ev_vma_map>([&](auto& e) { e.start = 0x1000; e.end = 0x2000; }, i * 0x100);
  EXPECT_LE(t.mirror.live(), 40'000u);
}

// Those that are in the middle of nothing go without a word.
TEST(TooMany, IdleTasks) {
  Told t;
  for (uint32_t i = 1; i <= 50'000; ++i) t.tell<ev_might_sleep>([](auto&) {}, kMm, i);
  EXPECT_LE(t.tasks(), Mirror::kMostTasks);
  EXPECT_EQ(t.mirror.given_up().count, 0u);
}

TEST(TooMany, TasksThatAreInsideSomething) {
  Told t;
  for (uint32_t i = 1; i <= 50'000; ++i) t.tell<ev_inv_start_ret>([&](auto& e) { e.range = 0x90; e.start = 0x1000; e.end = 0x2000; }, kMm, i);
  EXPECT_LE(t.tasks(), Mirror::kMostTasks);
  EXPECT_GT(t.mirror.given_up().count, 0u);
  EXPECT_GT(t.mirror.given_up().since, 0u);
  EXPECT_EQ(t.regions(), t.facts.mm->open_regions);
  EXPECT_FALSE(t.facts.mm->complete);
}

// Which mm, or notifier, is not said: nothing comes of it, and what its task is inside of is not known any more.
TEST(Unplaced, IsAboutNobody) {
  Told t;
  t.tell<ev_inv_start>([&](auto& e) { e.range = 0x90; e.start = 0x1000; e.end = 0x2000; });
  const size_t before = t.mirror.live();
  EXPECT_TRUE(t.tell<ev_cb_enter>([](auto& e) { e.sub = 0x20; }, 0).unplaced);
  EXPECT_TRUE(t.tell<ev_sub_insert_ret>([](auto& e) { e.sub = 0x20; }, 0).unplaced);
  EXPECT_TRUE(t.tell<ev_sub_insert_ret>([](auto&) {}).unplaced);
  EXPECT_TRUE(t.tell<ev_mm_exit_ret>([](auto&) {}, 0).unplaced);
  EXPECT_EQ(t.mirror.live(), before);
  const Facts& f = t.tell<ev_inv_start_ret>([&](auto& e) { e.range = 0x90; e.start = 0x1000; e.end = 0x2000; });
  EXPECT_FALSE(f.unplaced || f.has_entry);
  EXPECT_FALSE(f.mm->complete);
}

}  // namespace
}  // namespace mirrorscope
