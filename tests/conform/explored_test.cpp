// SPDX-License-Identifier: Apache-2.0
// Is what the explorer records a behaviour of the model it explored, and is what a mutant records none, at the event where it differs?
#include <gtest/gtest.h>

#include "crosscheck/conformance.h"
#include "driver-model/conform/reference.h"
#include "driver-model/explore/explore.h"
#include "schema/catalog.h"

namespace mirrorscope {
namespace {

// The profiles that the reference driver's modes stand for.
constexpr std::string_view kProfiles[] = {"hmm_mirror",  "odp_implicit", "i915_userptr", "amdgpu_userptr",
                                          "kfd_quiesce", "pinned_mr",    "pagemap",      "gpusvm"};

std::string said(const conform::Divergence& d) {
  return std::string(event_info(d.at.id)->name) + ": allowed " + d.allowed + ", recorded " + d.recorded;
}

struct Replays final : model::Observer {
  const model::Profile* profile;
  size_t executions = 0, most = 200;
  std::map<std::string, size_t> kernel, driver;  // by event: executions that diverge there first
  std::string first;

  explicit Replays(const model::Profile& p) : profile(&p) {}
  bool execution(const model::Execution& e, bool& stop) override {
    Conformance c(profile, {});
    e.records.each([&](const ev_header& h) { c.learn(h); });
    e.records.each([&](const ev_header& h) { c.feed(h); });
    const ConformanceReport r = c.finish();
    EXPECT_TRUE(r.doubts.empty());
    std::string at[2];
    for (const conform::Divergence& d : r.divergences) {
      std::string& half = at[static_cast<size_t>(d.half)];
      if (half.empty()) half = event_info(d.at.id)->name;
      if (first.empty()) first = said(d);
    }
    if (!at[0].empty()) ++kernel[at[0]];
    if (!at[1].empty()) ++driver[at[1]];
    stop = ++executions >= most;
    return true;
  }
};

class Explored : public testing::TestWithParam<std::string_view> {};

TEST_P(Explored, executions_of_every_scenario_conform) {
  const model::Profile& p = *model::profile_named(GetParam());
  for (const model::Scenario& s : p.scenarios) {
    Replays replays(p);
    model::explore("exhaustive", model::model_of(p, s, nullptr), {}, &replays);
    EXPECT_GT(replays.executions, 0u);
    EXPECT_TRUE(replays.first.empty()) << s.name << ": " << replays.first;
  }
}

INSTANTIATE_TEST_SUITE_P(all, Explored, testing::ValuesIn(kProfiles), [](const auto& at) { return std::string(at.param); });

// One record of an execution is not there, and its number is missing: that is no divergence, whatever it was.
struct Loses final : model::Observer {
  const model::Profile* profile;
  size_t executions = 0, dropped = 0;
  std::string first;
  explicit Loses(const model::Profile& p) : profile(&p) {}
  bool execution(const model::Execution& e, bool& stop) override {
    std::vector<std::vector<char>> all;
    e.records.each([&](const ev_header& h) {
      const char* bytes = reinterpret_cast<const char*>(&h);
      all.emplace_back(bytes, bytes + record_sizes[h.id]);
    });
    auto header = [&](size_t i) -> const ev_header& { return *reinterpret_cast<const ev_header*>(all[i].data()); };
    for (size_t gone = executions % 3; gone < all.size(); gone += 3) {
      // of what was before the first record of a CPU, or behind its last, nobody knows that it is missing; and who has not introduced
      // himself is of a profile only because this test insists
      bool noticed = false;
      for (size_t i = gone + 1; i < all.size(); ++i) noticed = noticed || header(i).cpu == header(gone).cpu;
      if (!header(gone).seq || !noticed || header(gone).id == EV_dev_ctx) continue;
      Conformance c(profile, {});
      for (size_t i = 0; i < all.size(); ++i) c.learn(header(i));
      for (size_t i = 0; i < all.size(); ++i)
        if (i != gone) c.feed(header(i));
      const ConformanceReport r = c.finish();
      if (!r.divergences.empty() && first.empty())
        first = "without " + std::string(event_info(header(gone).id)->name) + " " + std::to_string(gone) + ", at " + said(r.divergences[0]);
      ++dropped;
    }
    stop = ++executions == 3;
    return true;
  }
};

TEST_P(Explored, a_lost_record_is_no_divergence) {
  const model::Profile& p = *model::profile_named(GetParam());
  Loses loses(p);
  model::explore("exhaustive", model::model_of(p, p.scenarios.front(), nullptr), {}, &loses);
  EXPECT_GT(loses.dropped, 10u);
  EXPECT_TRUE(loses.first.empty()) << loses.first;
}

struct Differs {
  std::string_view profile, mutant, event;  // where the first divergence of some execution is
};
constexpr Differs kMutants[] = {
    {"hmm_mirror", "skip_read_retry", "dev_map"},
    {"hmm_mirror", "retry_check_outside_lock", "revalidate"},
    {"hmm_mirror", "retry_check_then_unlock", "unlock"},
    {"hmm_mirror", "callback_skips_set_seq", "cb_ret"},
    {"hmm_mirror", "set_seq_for_unmap_only", "cb_ret"},
    {"hmm_mirror", "seq_resampled_mid_walk", "read_begin"},
    {"hmm_mirror", "unmap_events_only", "cb_ret"},
    {"hmm_mirror", "old_seq_after_busy", "range_fault"},
    {"hmm_mirror", "invalidate_no_drain", "unlock"},
    {"hmm_mirror", "invalidate_range_misrounded", "unlock"},
    {"hmm_mirror", "invalidate_first_page_lost", "dev_unmap"},
    {"hmm_mirror", "lock_across_read_begin", "lock"},
    {"hmm_mirror", "lock_leaked_on_collision", "read_begin"},
    {"hmm_mirror", "blockable_refused", "cb_ret"},
    {"hmm_mirror", "nonblock_blocks", "lock"},
    {"hmm_mirror", "refused_with_lock_held", "lock"},
    {"hmm_mirror", "removed_in_the_callback", "sub_remove"},
    {"hmm_mirror", "no_mmap_lock", "range_fault"},
    {"odp_implicit", "read_begin_left_out", "range_fault"},
    {"odp_implicit", "first_page_left_out", "dev_unmap"},
    {"odp_implicit", "removed_before_unmapped", "sub_remove"},
    {"i915_userptr", "not_asked_when_done", "job_begin"},
    {"i915_userptr", "not_idle", "dev_unmap"},
    {"i915_userptr", "unpinned_while_bound", "unpin"},
    {"i915_userptr", "collision_leaks", "read_begin"},
    {"amdgpu_userptr", "not_validated", "job_begin"},
    {"amdgpu_userptr", "does_not_wait", "unlock"},
    {"amdgpu_userptr", "refuses_blockable", "cb_ret"},
    {"kfd_quiesce", "resumes_unasked", "resume"},
    {"kfd_quiesce", "asks_outside_lock", "revalidate"},
    {"kfd_quiesce", "not_preempted", "quiesce"},
    {"pinned_mr", "pinned_for_reading", "pin"},
    {"pinned_mr", "released_before_rest", "unpin"},
    {"pinned_mr", "short_pin_leaks", "dev_ctx_end"},
    {"pagemap", "own_migration_left_out", "cb_ret"},
    {"pagemap", "own_migration_keeps_translations", "unlock"},
    {"pagemap", "finalized_before_copied", "migrate_pages"},
    {"pagemap", "pages_not_moved", "migrate_finalize"},
    {"gpusvm", "bind_without_pages_valid", "dev_map"},
    {"gpusvm", "callback_does_not_drain", "svm_range"},
};

void PrintTo(const Differs& d, std::ostream* out) { *out << d.mutant; }

class Mutants : public testing::TestWithParam<Differs> {};

// The kernel around a mutant is as it should be: its half conforms.
TEST_P(Mutants, are_no_behaviour_of_the_model) {
  const model::Profile& p = *model::profile_named(GetParam().profile);
  const model::Mutant* m = model::mutant_named(p, GetParam().mutant);
  ASSERT_TRUE(m);
  Replays replays(p);
  replays.most = 400;
  model::explore("exhaustive", model::model_of(p, *model::scenario_named(p, m->scenario), m), {}, &replays);
  EXPECT_TRUE(replays.kernel.empty()) << replays.first;
  std::string where;
  for (const auto& [event, n] : replays.driver) where += event + " " + std::to_string(n) + " ";
  EXPECT_TRUE(replays.driver.contains(std::string(GetParam().event))) << "first divergences are at: " << where;
}

INSTANTIATE_TEST_SUITE_P(all, Mutants, testing::ValuesIn(kMutants),
                         [](const auto& at) { return std::string(at.param.profile) + "_" + std::string(at.param.mutant); });

// What the reference driver does otherwise is written in the profiles' language: a label or program that is missing aborts.
TEST(profiles, compile_as_the_reference_driver_has_them) {
  for (std::string_view name : kProfiles) {
    const conform::Paths paths(conform::as_reference(*model::profile_named(name)));
    EXPECT_EQ(paths.profile().name, name);
    EXPECT_TRUE(paths.has(EV_dma_begin)) << name;
  }
}

// Which profile is meant, an object's own word says: so for each mode of the reference driver.
TEST(profiles, are_told_by_what_an_object_promises) {
  ev_dev_ctx e{};
  e.discipline = MS_discipline_unmap;
  EXPECT_EQ(conform::profile_like(e), "hmm_mirror");
  EXPECT_EQ(conform::profile_like(e, false), "odp_implicit");
  e.owner = 1;
  EXPECT_EQ(conform::profile_like(e), "pagemap");
  e.wide = 1;
  EXPECT_EQ(conform::profile_like(e), "gpusvm");
  e = {};
  e.discipline = MS_discipline_pin;
  EXPECT_EQ(conform::profile_like(e), "pinned_mr");
  e.sub = 1;
  EXPECT_EQ(conform::profile_like(e), "i915_userptr");
  e.discipline = MS_discipline_shared_table;
  EXPECT_EQ(conform::profile_like(e), "");
}

}  // namespace
}  // namespace mirrorscope
