// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a record - no mm, no notifier, ends before starts, words that no enumeration has, names without an end - nothing that reads
// it goes wrong: rules, conformance with every profile, the page, explanations, exporters. And who it was is not said where nobody can know it.
#include <gtest/gtest.h>

#include <sstream>

#include "analyzer/engine/engine.h"
#include "crosscheck/conformance.h"
#include "driver-model/mirror/placed.h"
#include "driver-model/profiles/profile.h"
#include "made_record.h"
#include "report/explain/explain.h"
#include "report/export/exporter.h"
#include "report/page/survey.h"

namespace mirrorscope::test {
namespace {
constexpr uint64_t kMm = 0xffff888000001000, kSub = 0xffff888000002000, kCtx = 0xffff888000003000, kStart = 0x10000, kEnd = 0x20000;
constexpr uint64_t kHostile[] = {0, 1, 0xfff, kStart - 1, kEnd, UINT64_MAX, UINT64_MAX - 0xfff, 1ull << 63, INT32_MAX, 0x80000000, UINT32_MAX - 4094, kMm, kSub};

const EventInfo& row(uint16_t id) { return *event_info(id); }

// What an event says where nothing is wrong: one object, one notifier, one range.
void usual(ev_header& h) {
  for (const FieldInfo& f : row(h.id).fields) {
    uint64_t value = 0;
    if (f.name == "sub") value = kSub;
    else if (f.name == "ctx") value = kCtx;
    else if (f.name == "start" || f.name == "sub_start" || f.name == "within_start") value = kStart;
    else if (f.name == "end" || f.name == "within_end") value = kEnd;
    else if (f.name == "last" || f.name == "sub_last") value = kEnd - 1;
    else if (f.name == "length") value = kEnd - kStart;
    else if (f.name == "mmap_lock" || f.name == "mm_users" || f.name == "users" || f.name == "active" || f.name == "ok" || f.name == "has_itree") value = 1;
    else if (f.name == "seq" || f.name == "sub_seq" || f.name == "cur_seq") value = 3;
    else if (f.name == "discipline" || f.name == "driver" || f.name == "flags" || f.name == "write") value = 1;
    else if (f.name == "ret" && h.id == EV_cb_ret) value = 1;
    else if (f.type == FieldType::ptr && f.name != "owner" && f.name != "finish") value = 0xffff888000004000 + f.offset;
    else if (f.type == FieldType::pfn) value = 0x77;
    Made::put(h, f, value);
  }
}

void say(Made& made, std::initializer_list<uint16_t> events) {
  for (uint16_t id : events) usual(made.add(row(id), kMm, 7));
}

// Something of everything is there and under way, and after the crafted ones it goes on and ends.
void scene(Made& made) {
  say(made, {EV_mn_register, EV_mn_register_ret, EV_sub_insert, EV_sub_insert_ret, EV_dev_ctx, EV_reg, EV_page_hold, EV_vma_map, EV_svm_range, EV_devmem,
             EV_ucache_insert, EV_pin_account, EV_read_begin, EV_read_begin_ret, EV_range_fault, EV_range_fault_ret, EV_lock, EV_revalidate, EV_dev_map,
             EV_unlock, EV_job_begin, EV_dma_begin, EV_dev_flush_submit, EV_migrate_setup, EV_migrate_setup_ret, EV_copy_begin, EV_pin, EV_pin_ret,
             EV_inv_start, EV_cb_enter, EV_lock});
}
void end(Made& made) {
  say(made, {EV_unlock, EV_cb_ret, EV_hl_start, EV_hl_start_ret, EV_inv_start_ret, EV_inv_end, EV_itree_end, EV_itree_end_ret, EV_inv_end_ret, EV_dma_begin,
             EV_dev_map, EV_dma_end, EV_job_end, EV_copy_end, EV_migrate_finalize, EV_migrate_finalize_ret, EV_page_free, EV_page_release, EV_dev_unmap,
             EV_ucache_hit, EV_ucache_end, EV_vma_unmap, EV_dereg, EV_dev_ctx_end, EV_sub_remove, EV_sub_remove_ret, EV_mm_release, EV_mm_release_ret,
             EV_mm_exit, EV_mm_exit_ret, EV_dev_map, EV_mm_end});
}

Report judge(const Made& made, uint32_t shards) {
  std::vector<std::unique_ptr<Engine>> engines;
  for (uint32_t i = 0; i < shards; ++i) engines.push_back(std::make_unique<Engine>(EngineOptions{{}, {}, i, shards}));
  for (auto& engine : engines) made.tell([&](const ev_header& h) { engine->feed(h); });
  return Engine::finish(engines);
}

void report(const Made& made) {
  const Report report = judge(made, 1);
  const RecordFinder find = [&](const EventRef& ref) {
    const ev_header* found = nullptr;
    made.tell([&](const ev_header& h) { found = EventRef::of(h) == ref ? &h : found; });
    return found;
  };
  const std::vector<Finding> findings = findings_of(report, find);
  Survey survey(report, findings, find);
  made.tell([&](const ev_header& h) { survey.see(h); });
  survey.finish();
  size_t said = 0;
  for (const Finding& f : findings) said += explain(f, survey.windows.of(*f.what), report).size();
  for (size_t i = 0; i < survey.explained.size(); ++i) said += survey.timelines.around(i).bars.size();
  EXPECT_EQ(said == 0, findings.empty());
  for (const ExportFormat& format : all_export_formats()) {
    std::ostringstream out;
    const auto exporter = format.make(out, report.names);
    made.tell([&](const ev_header& h) { exporter->record(h); });
    exporter->finish();
    EXPECT_FALSE(out.str().empty());
  }
}

void conform(const Made& made, const model::Profile* profile) {
  Conformance conformance(profile, {});
  made.tell([&](const ev_header& h) { conformance.learn(h); });
  made.tell([&](const ev_header& h) { conformance.feed(h); });
  conformance.finish();
}

// Every event, and of each every field at every hostile value, one at a time and all at once; with and without an mm.
template <typename Try>
void every(Try attempt) {
  for (const EventInfo& event : catalog::events)
    for (const uint64_t mm : {kMm, uint64_t{0}, UINT64_MAX})
      for (const uint32_t tid : {7u, 0u, UINT32_MAX}) {
        if (mm && tid != 7) continue;
        Made made;
        scene(made);
        for (const FieldInfo& f : event.fields)
          for (const uint64_t value : kHostile) {
            ev_header& h = made.add(event, mm, tid, 1);
            usual(h);
            Made::put(h, f, value);
          }
        for (const uint64_t value : kHostile) {
          ev_header& h = made.add(event, mm, tid, 1);
          for (const FieldInfo& f : event.fields) Made::put(h, f, value);
        }
        end(made);
        SCOPED_TRACE(std::string(event.name) + (mm ? "" : " without an mm"));
        attempt(made);
      }
}

TEST(Crafted, RulesJudgeWhatTheyCan) {
  every([](const Made& made) {
    EXPECT_EQ(judge(made, 1).rules.size(), all_rules().size());
    EXPECT_EQ(judge(made, 3).rules.size(), all_rules().size());
  });
}

TEST(Crafted, ThePageExplanationsAndExportsAreMade) {
  every([](const Made& made) { report(made); });
}

TEST(Crafted, TheModelIsFollowedAsFarAsItGoes) {
  every([](const Made& made) { conform(made, nullptr); });
}

TEST(Crafted, WithEveryProfile) {
  for (const model::Profile& profile : model::all_profiles())
    for (const EventInfo& event : catalog::events) {
      Made made;
      scene(made);
      for (const uint64_t mm : {kMm, uint64_t{0}})
        for (const uint64_t value : kHostile) {
          ev_header& h = made.add(event, mm, 7, 1);
          for (const FieldInfo& f : event.fields) Made::put(h, f, value);
        }
      end(made);
      SCOPED_TRACE(std::string(profile.name) + ", " + std::string(event.name));
      conform(made, &profile);
    }
}

// A record that does not say whose it is is held against nobody, and neither is what its task does around it.
TEST(Crafted, WhatNamesNoMmAccusesNobody) {
  for (const EventInfo& event : catalog::events) {
    if (!must_name_mm(event.id)) continue;
    Made made;
    say(made, {EV_mn_register, EV_mn_register_ret, EV_sub_insert, EV_sub_insert_ret, EV_inv_start, EV_cb_enter});
    usual(made.add(event, 0, 7));
    usual(made.add(event, 0, 8, 1));
    say(made, {EV_cb_ret, EV_inv_start_ret, EV_inv_end, EV_itree_end, EV_itree_end_ret, EV_inv_end_ret});
    const Report report = judge(made, 1);
    Made whole;
    say(whole, {EV_mn_register, EV_mn_register_ret, EV_sub_insert, EV_sub_insert_ret, EV_inv_start, EV_cb_enter, EV_cb_ret, EV_inv_start_ret, EV_inv_end,
                EV_itree_end, EV_itree_end_ret, EV_inv_end_ret});
    const Report without = judge(whole, 1);
    for (size_t i = 0; i < report.rules.size(); ++i)
      EXPECT_LE(report.rules[i].broken, without.rules[i].broken) << event.name << ": " << report.rules[i].rule->info.id;
  }
}

}  // namespace
}  // namespace mirrorscope::test
