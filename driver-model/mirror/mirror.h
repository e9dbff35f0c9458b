// SPDX-License-Identifier: Apache-2.0
// The reference mirror: fed every record in time order, it says what a correct kernel and driver may do at this moment.
//
// It is the specification that rules read and the explorer's oracle uses. It never judges: step() updates the state and says,
// in Facts, how the record fits what was known. Rules run after the step of their record.
//
// What it knows can be incomplete: recording starts in the middle of things, and records can be lost. It then says so (has_entry
// false, Mm::complete false) and learns again from the next record that re-establishes a fact.
//
// Kernel reference: mm/mmu_notifier.c (7.2) for every step in regions.cpp, callbacks.cpp, subs.cpp, lists.cpp; mm/hmm.c for
// reads.cpp; mm/migrate_device.c for migrations.cpp; mm/gup.c for pins.cpp;
// drivers/infiniband/core/umem.c for registrations.cpp. What devices hold (devices.cpp, accesses.cpp, pages.cpp, ranges.cpp) follows
// the disciplines that drivers state, see enum discipline.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "driver-model/mirror/placed.h"
#include "driver-model/mirror/pool.h"
#include "driver-model/mirror/state.h"
#include "driver-model/mirror/table.h"
#include "schema/events.h"
#include "schema/kernel_flags.h"

namespace mirrorscope {

// What one word says about how a record fits the state. Pointers are valid until the next step.
struct Fact {
  Task* task = nullptr;
  Mm* mm = nullptr;
  Sub* sub = nullptr;       // interval notifier the record is about; null if it was never seen
  ListSub* list = nullptr;  // hlist notifier the record is about
  Call* within = nullptr;   // innermost inv_start, inv_end or mm_release call of this task on this mm
  const Call* entry = nullptr;     // exit records: the call they close, null if it is not known
  const Region* region = nullptr;  // inv_end, inv_end_ret: the region they close, null if it is not known
  const Registration* registration = nullptr;  // reg, dereg, dma_begin: what they are about, null if it was never seen
  Ctx* ctx = nullptr;                 // mirroring object the record is about, null if no record has said anything of it
  const Mapping* mapping = nullptr;   // dev_map: what it made
  const Page* page = nullptr;         // page_free, page_dirty, page_hold, page_release: null if no device had to do with it
  const SvmRange* range = nullptr;    // svm_range: as it is after, with `removed` it is gone after the step

  uint64_t task_was_at = 0;           // time of its record before this one: what a return tells has happened since

  bool has_entry = false;          // entry is known from its own record, not assumed
  bool has_section = false;
  bool has_migration = false;
  bool has_previous = false;
  bool has_short_pin = false;
  bool has_list_was = false;
  bool has_dma = false;
  bool has_hold = false;
  bool has_check = false;

  bool region_is_innermost = false;   // inv_end: no younger region of the task was still open
  bool starts_all_seen = false;       // inv_end without a region: the mm was quiescent once, and every start since then was seen
  bool called_twice = false;          // cb_enter: this start has called this sub before
  bool finish_was_promised = false;   // cb_finish
  bool end_was_owed = false;          // hl_end
  bool takes_away = false;   // vma_unmap, vma_remap, vma_discard: the addresses lead to other pages from now on, or to none
  bool seq_went_back = false;         // a subscriptions->invalidate_seq lower than one that was read for certain earlier
  bool unplaced = false;  // it does not name the mm or the notifier without which its event means nothing (placed.h): nobody may judge it
  bool active_is_exact = false;  // no other task began or ended anything while the value was read, nor shortly before
  int32_t active_most = -1;      // records that show active_invalidate_ranges: bounds of what it may be, -1 = unknown
  int32_t active_least = 0;
};

// How one record fits the state: the single words, and what is larger, valid only where a word says so.
struct Facts : Fact {
  Section section;      // has_section: as it was before this record
  Migration migration;  // has_migration: as it was before this record
  Sub previous;         // has_previous: sub_insert_ret: the generation that was still live on the same address
  ShortPin short_pin;   // has_short_pin: pin, unpin: the short pin of this task that this record may answer
  ListSub list_was;     // has_list_was: mn_register_ret, mn_unregister, mn_free: the notifier of this address before this record
  EventRef site;        // vma_unmap, vma_remap, vma_discard: where the task stands that does it, none if no stack was taken
  EventRef seq_was;     // seq_went_back: where the higher one was read
  Few<const Registration*, 64> stale;  // inv_start, vma_*: pinned registrations whose addresses lead elsewhere from now on, each said once
  Few<Migration, 2> unfinished;       // mm_exit_ret: migrations that can no longer be finalized
  Few<const Mapping*, 16> gone;       // dev_map, dev_unmap, dereg, sub_remove_ret, mm_exit_ret: what it ended, whole or in part
  Few<Hold, 4> left;    // dev_ctx_end: what it has not given back, as far as its pages are known
  Dma dma;      // has_dma: dma_end: the access that it ends
  Hold hold;    // has_hold: page_release: what it gives back, as it was before
  Check check;  // has_check: dev_map, job_begin, dma_begin: what this task last asked about this ctx
  Few<const Call*, 4> abandoned;  // calls that must have returned, without a record of it
  Few<Region, 4> unended;  // regions that must be over, without a record of it
  Few<uint16_t, 6> missed; // ids of events of which a record must be missing, each once per record

  void clear() {
    static constexpr Fact kNothing{};  // copied: made in place it becomes `rep stos`, which costs more than the rest of a step
    static_cast<Fact&>(*this) = kNothing;
    stale.clear();
    site = EventRef{};
    unfinished.clear();
    gone.clear();
    left.clear();
    abandoned.clear();
    unended.clear();
    missed.clear();
  }
};

class Mirror {
 public:
  // Cross-CPU claims keep this distance: bpf_ktime_get_ns() reads a clock that may step back by a few hundred ns between
  // CPUs when the timekeeper updates (kernel/time/timekeeping.c, ktime_get_mono_fast_ns()).
  static constexpr uint64_t kClockSlack = 2000;
  // Between a call_site and the record it speaks of lies one BPF program.
  static constexpr uint64_t kSiteAge = 1'000'000;

  // Updates the state by one record. `facts` is cleared first. Records come in non-decreasing time order.
  void step(const ev_header& record, Facts& facts);

  // A recording says of every probe that it is there: one that nothing is said of is not. Before the first record.
  void expect_probe_states() { probes_known_ = true; }

  // Records were lost: whatever depends on having seen everything is unknown until re-established.
  void forget() { ++epoch_; }

  // State that was given up because there was more of it at a time than is kept: from then on the absence of something proves nothing.
  struct GivenUp {
    uint64_t since = 0;  // time of the first record that it happened at
    uint64_t count = 0;  // tasks, objects, or looks at a range under which there were more than anybody looks at
  };
  const GivenUp& given_up() const { return given_up_; }
  // What is kept at a time. A task is some 6 KB, everything else a few hundred bytes; what is kept of a trace of n bytes is no more than
  // some 20 n besides the tasks.
  static constexpr size_t kMostTasks = 8192;      // inside something, or seen within a second
  static constexpr size_t kMostLive = 4u << 20;   // objects of all kinds
  static constexpr size_t kMostObjects = 4096;    // mirroring objects of one mm that said what they promise

  // Is there a record of every entry (return) of `fn` since before `time`?
  bool callback_entry_seen_since(uint64_t fn, uint64_t time) const;
  bool callback_return_seen_since(uint64_t fn, uint64_t time) const;
  // Is there a probe for this event? Yes, where nothing is said about probes: an explored execution or a case.
  bool probed(uint16_t event) const { return !probes_known_ || probed_.test(event); }
  // Does the trace speak of its probes? If not, every call is in it.
  bool probes_known() const { return probes_known_; }
  const CallbackFn* callback(uint64_t fn) const { return callbacks_.find(fn); }
  const ListSub* list(uint64_t sub) const { return lists_.find(sub); }
  // Of the mm that has this address now, 0 = none is known.
  uint64_t generation_of(uint64_t mm) const {
    const Mm* m = mm ? mms_.find(mm) : nullptr;
    return m ? m->generation : 0;
  }
  const Sub* sub(uint64_t ptr) const { return subs_.find(ptr); }
  const Ctx* ctx(uint64_t ptr) const { return ctxs_.find(ptr); }
  const Page* page(uint64_t pfn) const { return pages_.find(pfn); }
  const Registration* registration(uint64_t ctx) const { return registrations_.find(ctx); }
  // Does an mmu_notifier with an invalidate_range_start watch this mm?
  bool watched_by_list(uint64_t mm) const {
    const Mm* m = mms_.find(mm);
    return m && m->watchers;
  }

  template <typename Visit>
  void each_task(Visit visit) const {
    tasks_.each(visit);
  }
  size_t live() const {
    return tasks_.size() + mms_.size() + subs_.size() + lists_.size() + registrations_.size() + ctxs_.size() +
           pages_.size() + mappings_.live() + ranges_.size() + vmas_.live();
  }

 private:
  // One overload per event that changes the state; the others are covered by the template.
  void on(const ev_inv_start&, Facts&);
  void on(const ev_inv_start_ret&, Facts&);
  void on(const ev_inv_end&, Facts&);
  void on(const ev_inv_end_ret&, Facts&);
  void on(const ev_itree_end&, Facts&);
  void on(const ev_itree_end_ret&, Facts&);
  void on(const ev_mm_release&, Facts&);
  void on(const ev_mm_release_ret&, Facts&);
  void on(const ev_mm_exit&, Facts&);
  void on(const ev_mm_exit_ret&, Facts&);
  void on(const ev_mm_end&, Facts&);
  void on(const ev_sub_insert&, Facts&);
  void on(const ev_sub_insert_ret&, Facts&);
  void on(const ev_sub_remove&, Facts&);
  void on(const ev_sub_remove_ret&, Facts&);
  void on(const ev_sub_seen&, Facts&);
  void on(const ev_cb_enter&, Facts&);
  void on(const ev_cb_ret&, Facts&);
  void on(const ev_cb_finish&, Facts&);
  void on(const ev_cb_finish_ret&, Facts&);
  void on(const ev_hl_start&, Facts&);
  void on(const ev_hl_start_ret&, Facts&);
  void on(const ev_hl_end&, Facts&);
  void on(const ev_hl_end_ret&, Facts&);
  void on(const ev_hl_release&, Facts&);
  void on(const ev_hl_release_ret&, Facts&);
  void on(const ev_mn_register&, Facts&);
  void on(const ev_mn_register_ret&, Facts&);
  void on(const ev_mn_unregister&, Facts&);
  void on(const ev_mn_unregister_ret&, Facts&);
  void on(const ev_mn_get_ret&, Facts&);
  void on(const ev_mn_put&, Facts&);
  void on(const ev_mn_free&, Facts&);
  void on(const ev_mn_seen&, Facts&);
  void on(const ev_read_begin&, Facts&);
  void on(const ev_read_begin_ret&, Facts&);
  void on(const ev_range_fault&, Facts&);
  void on(const ev_range_fault_ret&, Facts&);
  void on(const ev_migrate_setup&, Facts&);
  void on(const ev_migrate_setup_ret&, Facts&);
  void on(const ev_migrate_pages&, Facts&);
  void on(const ev_migrate_pages_ret&, Facts&);
  void on(const ev_migrate_finalize&, Facts&);
  void on(const ev_migrate_finalize_ret&, Facts&);
  void on(const ev_pin&, Facts&);
  void on(const ev_pin_ret&, Facts&);
  void on(const ev_unpin&, Facts&);
  void on(const ev_unpin_ret&, Facts&);
  void on(const ev_dev_map&, Facts&);
  void on(const ev_dev_fault&, Facts&);
  void on(const ev_dev_fault_ret&, Facts&);
  void on(const ev_reg&, Facts&);
  void on(const ev_pin_account&, Facts&);
  void on(const ev_dereg&, Facts&);
  void on(const ev_dma_begin&, Facts&);
  void on(const ev_dma_end&, Facts&);
  void on(const ev_dev_unmap&, Facts&);
  void on(const ev_dev_ctx&, Facts&);
  void on(const ev_dev_ctx_end&, Facts&);
  void on(const ev_dev_flush_submit&, Facts&);
  void on(const ev_dev_flush_done&, Facts&);
  void on(const ev_dev_hole&, Facts&);
  void on(const ev_lock&, Facts&);
  void on(const ev_unlock&, Facts&);
  void on(const ev_revalidate&, Facts&);
  void on(const ev_reg_hit&, Facts&);
  void on(const ev_job_begin&, Facts&);
  void on(const ev_job_end&, Facts&);
  void on(const ev_quiesce&, Facts&);
  void on(const ev_resume&, Facts&);
  void on(const ev_copy_begin&, Facts&);
  void on(const ev_copy_end&, Facts&);
  void on(const ev_buf_move&, Facts&);
  void on(const ev_buf_move_ret&, Facts&);
  void on(const ev_page_hold&, Facts&);
  void on(const ev_page_release&, Facts&);
  void on(const ev_page_free&, Facts&);
  void on(const ev_page_dirty&, Facts&);
  void on(const ev_svm_range&, Facts&);
  void on(const ev_devmem&, Facts&);
  void on(const ev_ucache_insert&, Facts&);
  void on(const ev_ucache_hit&, Facts&);
  void on(const ev_ucache_put&, Facts&);
  void on(const ev_ucache_evict&, Facts&);
  void on(const ev_ucache_event&, Facts&);
  void on(const ev_vma_map&, Facts&);
  void on(const ev_vma_unmap&, Facts&);
  void on(const ev_vma_remap&, Facts&);
  void on(const ev_vma_protect&, Facts&);
  void on(const ev_vma_discard&, Facts&);
  void on(const ev_ucache_end&, Facts&);
  void on(const ev_call_site&, Facts&);
  void on(const ev_mm_fork&, Facts&);
  void on(const ev_might_sleep&, Facts&);
  void on(const ev_probe_state&, Facts&);
  template <typename Ev>
  void on(const Ev&, Facts&) {}

  // Every step goes through some of these; the files of mirror/ are one translation unit for their sake.
#define MS_EVERY_STEP [[gnu::always_inline]] inline

  // tasks.cpp: the call stack of a task
  MS_EVERY_STEP Task& task_of(const ev_header&, Facts&);
  MS_EVERY_STEP Call* enter(const ev_header&, Facts&, uint64_t key);
  MS_EVERY_STEP Call* call_begins(const ev_header&, Facts&, uint64_t key);
  MS_EVERY_STEP bool leave(const ev_header&, Facts&, uint64_t key);
  template <uint16_t event, typename Ev>
  MS_EVERY_STEP void take(const Ev&, Facts&);
  void unplaced(const ev_header&, Facts&);
  void lose_track(Task&);
  MS_EVERY_STEP void find_within(Facts&, uint64_t mm);
  Task& task_begins(uint64_t key, uint64_t now);
  Call* call_too_deep(Task&, Facts&);
  void drop_assumed(Task&, uint64_t unless_range, Facts&);
  void sweep_tasks(uint64_t now);
  void give_up(uint64_t now, uint64_t count = 1);
  void made_one();
  void start_over(uint64_t now);

  // mms.cpp
  MS_EVERY_STEP Mm* mm_of(const ev_header&, Facts&);
  Mm& mm_appears(uint64_t ptr);
  void mm_begins(Mm&, const Sub* first = nullptr);
  void mm_lives(Mm& mm) {
    if (mm.over) [[unlikely]]
      mm_begins(mm);
  }
  void mm_over(Mm&);
  void mm_reset(Mm&);
  void forget_mm(Mm&);
  void sweep_mms();

  // regions.cpp
  void drop_regions_of(Mm&);
  static void region_gone(Mm* mm) {
    if (mm && mm->open_regions) --mm->open_regions;
  }
  void start_entered(Mm&, const ev_header&);
  void region_opened(Mm&, const ev_header&);
  void region_closed(Mm&, const ev_header&, bool was_definite);
  void drop_region(Task&, Region*, const ev_header&, Facts&);
  void bound_active(const ev_header&, Facts&);
  static void bound_active_now(const Mm&, const ev_header&, Facts&);
  void saw_seq(Mm&, const ev_header&, uint64_t seq, uint64_t read_after, Facts&);
  void resync(Mm&, const ev_header&);

  // subs.cpp
  MS_EVERY_STEP Sub* sub_of(uint64_t ptr, Facts&) const;
  Sub& sub_begins(const ev_header&, uint64_t ptr, uint64_t start, uint64_t last, Facts&);
  void sub_ends(Sub&, const EventRef& at);

  // reads.cpp
  Section* section_of(Task&, uint64_t ptr, const Sub* now) const;
#undef MS_EVERY_STEP
  void keep_section(Facts&, const Section*);

  // migrations.cpp
  Migration* migration_of(Facts&, uint64_t args);
  void drop_migrations(Task&, const Mm&, Facts&);

  // lists.cpp
  ListSub* list_of(uint64_t ptr, Facts&) const;
  void keep_list(Facts&, const ListSub*) const;
  void count_watcher(const ListSub&, int by);
  void list_ends(ListSub&);

  // pins.cpp
  void answer_short_pin(Facts&);

  // devices.cpp
  void about_ctx(const ev_header&, uint64_t ctx, Facts&);
  Ctx& ctx_of(const ev_header&, uint64_t ctx, uint64_t sub, uint32_t driver, Facts&);
  void ctx_begins(Ctx&, Mm*, const ev_header&);
  void ctx_ends(Ctx&, Facts&);
  void unchain(Ctx&);
  void renew(Ctx&);
  void forget_ctx(Ctx&);
  void ctx_over(Ctx&, const EventRef& at, Facts&);
  Mapping& add_mapping(Mm&, const Mapping&);
  void drop_mapping(Mm&, Mapping&);
  void end_mapping(Mapping&);
  void cut(Mm&, Ctx&, uint64_t start, uint64_t end, Facts&);
  void drop_sub_mappings(Mm&, const Sub&, Facts&);
  void drop_devices(Mm&, Facts*);
  void callback_met(const ev_cb_ret&, Facts&);
  void protection_changed(const ev_inv_start_ret&, Mm&, const Facts&);

  // accesses.cpp
  static EventRef user_lock_of(const Task&, uint64_t ctx);
  void keep_check(uint64_t ctx, Facts&);

  // pages.cpp
  Page& page_of(uint64_t pfn);
  void hold_begins(Ctx&, Page&, const Hold&);
  void forget_page(Page&);
  void forget_idle_pages();

  // ranges.cpp
  void drop_range(SvmRange&);
  void set_vma(Mm&, uint64_t start, uint64_t end, std::optional<uint64_t> flags, const EventRef& at);
  void ranges_met(const ev_inv_start_ret&, Mm&);

  // registrations.cpp
  static constexpr size_t kSiblings = 8;  // registrations of one region of a cache that are looked at
  void find_stale(const ev_inv_start&, Mm&, Facts&);
  void take_part(Registration&, const ev_header&, uint64_t from, uint64_t to, uint64_t known_since, Facts&);
  void unmapped(const ev_header&, uint64_t start, uint64_t end, Mm&, Facts&);
  void mapped_over(const ev_vma_map&, Mm&, Facts&);
  // [start, end) piece by piece: is it known to be shared memory, and since when is it known what it is (0: nobody has said what was mapped
  // there)? `looks` is how many VMAs may still be looked at; false where there are more.
  template <typename Visit>
  static bool each_by_sharing(const Mm& mm, uint64_t start, uint64_t end, size_t& looks, Visit visit) {
    uint64_t at = start, told_to = start, since = UINT64_MAX;
    bool enough = true;
    const bool all = mm.vmas.overlapping(start, end - 1, [&](const VmaPiece& v) {
      if (!looks) return enough = false;
      --looks;
      if (v.start > told_to) since = 0;
      told_to = v.end;
      if (!(v.flags & kVmShared)) {
        since = since < v.at.time ? since : v.at.time;
        return true;
      }
      if (at < v.start) visit(at, v.start, false, since);
      const uint64_t from = at > v.start ? at : v.start;
      at = v.end < end ? v.end : end;
      visit(from, at, true, v.at.time);
      since = UINT64_MAX;
      return true;
    });
    if (!all || !enough) return false;
    if (at < end) visit(at, end, false, told_to < end ? 0 : since);
    return true;
  }
  void uncache(const Registration&);
  static EventRef site_of(const ev_header&, Facts&);
  void taken_away(const ev_header&, uint64_t start, uint64_t end, Mm&, Facts&);

  Table<Task> tasks_;
  Table<Mm> mms_;
  Table<Sub> subs_;
  Table<ListSub> lists_;
  Table<CallbackFn> callbacks_;
  Table<Registration> registrations_;
  std::deque<std::pair<uint64_t, EventRef>> ended_registrations_;  // (ctx, dereg), oldest first, bounded
  Table<uint64_t> cached_;  // by cache and region: the ctx of the registration behind it
  Table<Ctx> ctxs_;
  Table<Page> pages_;
  Table<SvmRange> ranges_;
  std::vector<uint64_t> idle_pages_;  // may be forgotten at the next record
  Pool<Mapping> mappings_;
  Pool<VmaPiece> vmas_;
  std::array<std::pair<uint64_t, EventRef>, 256> last_pin_{};  // by hash of the array: the pin that wrote there last
  std::bitset<EV_LIMIT> probed_;
  std::deque<std::pair<uint64_t, uint64_t>> removed_subs_;  // (ptr, generation), oldest first, bounded
  Region closed_region_;  // what Facts::region points to
  Few<Call, 12> dropped_calls_;  // what Facts::abandoned points to when a stack was dropped whole
  std::deque<std::pair<uint64_t, uint64_t>> ended_lists_;   // the same of mmu_notifiers
  std::deque<std::pair<uint64_t, uint64_t>> over_mms_;      // and of mms
  GivenUp given_up_;
  uint64_t frames_ = 0;
  uint64_t generations_ = 0;
  uint64_t epoch_ = 1;
  uint64_t migrations_ = 0;   // that tasks have, finalized ones too
  size_t sweep_at_ = 4096;
  size_t sweep_mms_at_ = 16384;
  uint32_t made_ = 0;         // objects since live() was last looked at
  bool too_many_ = false;     // there are more than kMostLive
  bool probes_known_ = false;  // a probe_state was seen: callbacks without one are not covered
};

}  // namespace mirrorscope
