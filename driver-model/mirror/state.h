// SPDX-License-Identifier: Apache-2.0
// What the reference mirror knows at one moment: tasks, mms, subs, regions, sections, migrations. Plain data.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "driver-model/mirror/device_state.h"
#include "driver-model/mirror/few.h"
#include "driver-model/mirror/span_list.h"
#include "schema/events.h"

namespace mirrorscope {

// One probed function that a task is inside of: between an entry event and its _ret.
struct Call {
  EventRef at;          // the entry record; at.id says which function. Of an assumed call: the record that implied it
  uint64_t key = 0;     // what tells two calls of one function apart: range, sub, args, pages
  uint64_t mm = 0;
  uint64_t start = 0;   // the user range it is about, if any
  uint64_t end = 0;
  uint64_t value = 0;   // one number of the entry record that the return is compared with; dev_fault: inserts inside
  uint64_t fn = 0;      // callbacks: the function
  uint64_t frame = 0;   // unique number of this call, never 0
  uint32_t reason = 0;
  uint32_t flags = 0;
  uint32_t starts_before = 0;  // Mm::starts and Mm::ends when the call was entered
  uint32_t ends_before = 0;
  Few<uint64_t, 12> subs_called;  // subs whose callback was entered inside; other starts call them at the same time
  Few<uint64_t, 4> promised;   // two-pass: finishes handed out and not yet run
  Few<uint64_t, 4> owed_ends;  // hlist subs that started and must get their end op,
  uint64_t owed_since = 0;     // and when the start of that was entered
  uint64_t frozen_seq = 0;     // invalidate_seq as first seen while this invalidation was counted, 0 = not seen
  uint32_t tgid = 0;           // process of the task
  bool assumed = false;        // no entry record: something that only happens inside was seen
  bool refused = false;        // a callback or op refused
  bool has_itree = false;      // inv_end: the mm had an interval tree when the region started
  bool list_seen = false;      // an hlist op ran inside
  bool itree_end_seen = false; // mn_itree_inv_end() ran inside
  bool finish_seen = false;    // a finish pass ran inside

  bool called(uint64_t sub) const { return std::find(subs_called.begin(), subs_called.end(), sub) != subs_called.end(); }
};

// Is the page left where it is, and only its protection taken back (include/linux/mmu_notifier.h, enum mmu_notifier_event)? Who
// reads may go on then.
inline bool only_protects(uint32_t reason) {
  return reason == MS_reason_protection_vma || reason == MS_reason_protection_page || reason == MS_reason_soft_dirty;
}

// An invalidation between start and end: [start, end) of the mm must not be mapped anew.
struct Region {
  EventRef started;   // inv_start, or inv_start_ret if the entry was not seen
  EventRef returned;  // inv_start_ret, or what implied it
  uint64_t range = 0; // struct mmu_notifier_range, on the task's stack
  uint64_t mm = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  uint32_t reason = 0;
  uint32_t flags = 0;
  Few<uint64_t, 4> owed_ends;  // hlist subs that started and must get their end op
  uint64_t frozen_seq = 0;     // invalidate_seq as first seen while this invalidation was counted, 0 = not seen
  uint64_t owner = 0;  // range->owner of a migrate or exclusive
  bool has_itree = false;
};

// The read side of one task on one sub: from read_begin to whatever replaces it.
struct Section {
  uint64_t sub = 0;
  uint64_t generation = 0; // of the sub, 0 = it was not known yet
  uint64_t seq = 0;        // what read_begin returned
  uint64_t seq_before = 0; // what it returned to this task the time before
  EventRef begun;          // read_begin_ret
  EventRef faulted;        // last range_fault_ret
  uint64_t first_try = 0;  // time of the first read_begin_ret of an unbroken row of collisions
  uint32_t collisions = 0; // -EBUSY in a row
  uint64_t fault_start = 0;
  uint64_t fault_end = 0;
  int32_t fault_result = 0;
  bool fault_seen = false;
  bool asked_write = false; // its default_flags had HMM_PFN_REQ_WRITE
  bool mapped = false;     // translations were made from it
};

// migrate_vma_setup() .. migrate_vma_finalize() of one task.
struct Migration {
  uint64_t args = 0;
  uint64_t mm = 0;
  EventRef setup;      // migrate_setup_ret
  EventRef pages;      // migrate_pages, or its return if that alone was seen
  EventRef finalized;  // migrate_finalize: the migration is over, kept until its args are set up again
  uint64_t src_hash = 0;
  uint64_t dst_hash = 0;
  uint64_t cpages = 0;
  uint32_t sampled = 0;     // slots that the hashes are about
  bool locked = false;      // pages are locked for certain: it must be finalized
  bool pages_done = false;  // migrate_pages_ret was seen: dst_hash is known
};

// A pin that returned fewer pages than were asked for, not yet answered.
struct ShortPin {
  EventRef at;
  uint64_t pages = 0;  // the array
  uint64_t start = 0;
  uint64_t asked = 0;
  uint64_t got = 0;
  bool array_reused = false;  // some pin has, or may have, used the array since
};

// Addresses of an mm.
struct Span {
  uint64_t mm_generation = 0;
  uint64_t start = 0;
  uint64_t end = 0;
};

struct Task {
  uint64_t key = 0;  // tid, or a number of its own for the idle task of each CPU
  uint64_t last_time = 0;
  uint64_t epoch = 0;     // see Mirror::forget()
  bool seen_idle = false; // its call stack has been empty once: what it does from then on is known from the start
  Few<Call, 12> calls;
  Few<Region, 8> regions;
  Few<Section, 4> sections;
  Few<Migration, 2> migrations;
  ShortPin short_pin;
  EventRef site;       // call_site that this task's next record is about
  Span told;           // what its last vma_unmap or vma_remap took away, and said before or beside the notifiers
  uint64_t failed_range = 0;  // range of the last start that failed
  EventRef failed_at;
  Few<HeldLock, 6> locks;  // of drivers, as hooks say
  Few<HeldLock, 4> callback_locks;  // those that its running or last callback took
  Few<HeldLock, 8> given_back;      // the last of each lock, `at` is when; of more, those given back last
  Few<Check, 4> checks;    // what it last asked whether it still stands, per sub

  bool migrating() const {
    return std::any_of(migrations.begin(), migrations.end(), [](const Migration& m) { return !m.finalized; });
  }
  void gave_back(const HeldLock& lock);
  // A lock of which no record is seen is one that the task does not hold only as far as none is lost: since when that is. `which` says of which locks.
  // At the entry of a fault of the device its driver holds none yet.
  uint64_t unlocked_since(uint64_t ctx, uint32_t kind) const {
    return unlocked_since([=](const HeldLock& l) { return l.ctx == ctx && l.kind == kind; });
  }
  template <typename Which>
  uint64_t unlocked_since(Which which) const {
    uint64_t since = 0;
    for (const HeldLock& l : given_back)
      if (which(l)) since = std::max(since, l.at.time);
    return std::max(since, fault_entered());
  }
  // When it entered the fault of the device that it answers, 0 = it answers none.
  uint64_t fault_entered() const {
    uint64_t at = 0;
    for (const Call& c : calls)
      if (c.at.id == EV_dev_fault && !c.assumed) at = c.at.time;
    return at;
  }
  bool idle() const { return calls.empty() && regions.empty() && locks.empty() && !migrating(); }
};

// A task inside hmm_range_fault().
struct Fault {
  uint64_t task = 0;
  uint64_t pfns = 0;  // the array it fills
  EventRef at;
};

// One generation of a struct mmu_interval_notifier: from insert to remove.
struct Sub {
  uint64_t ptr = 0;
  uint64_t generation = 0;
  uint64_t mm = 0;
  uint64_t start = 0;
  uint64_t last = 0;
  uint64_t range_said = 0;  // when a record said last that these are its start and last
  uint64_t fn = 0;         // invalidate or invalidate_start
  uint64_t finish_fn = 0;
  EventRef inserted;       // sub_insert_ret; none if it was there before recording
  EventRef removing;       // sub_remove
  EventRef removed;        // sub_remove_ret
  EventRef reinserting;    // sub_insert of the next generation: callbacks may come before its return
  bool replaced_live = false;  // the generation before was still live when this one was inserted
  uint64_t in_tree_since = 0;  // it is in the tree for certain from this time on; 0 = not known
  uint64_t insert_seq = 0;     // its invalidate_seq at insert
  EventRef last_callback;
  uint64_t deferred_until_seq = 0;  // insert was deferred: in the tree once subscriptions->invalidate_seq passed this
  bool read_begun = false;     // some task came back from read_begin
  bool faulted = false;        // hmm_range_fault was called with it
  uint64_t owner = 0;          // dev_private_owner that it was asked with, 0 = none
  bool owners_differ = false;  // it was asked with more than one
  Few<Fault, 4> faults;        // tasks inside hmm_range_fault() with it
  Few<Unchecked, 4> unchecked; // what tasks have looked up with it and nobody has compared sequences for
  Few<HeldLock, 4> seq_locks;  // locks of the driver that its last callback took which stored the sequence,
  EventRef seq_stored;              // and when that returned
  uint64_t stored_seq = 0;          // and which

  // What the task had looked up is compared, mapped, thrown away or looked up anew.
  void no_longer_unchecked(uint64_t task) {
    for (Unchecked* u = unchecked.begin(); u != unchecked.end();) {
      if (u->task == task)
        unchecked.erase(u);
      else
        ++u;
    }
  }
};

// One generation of a struct mmu_notifier (hlist).
struct ListSub {
  uint64_t ptr = 0;
  uint64_t mm = 0;
  uint64_t mm_generation = 0;
  uint64_t start_fn = 0;
  uint64_t end_fn = 0;
  uint64_t free_fn = 0;
  EventRef registered;
  EventRef unregistering;
  EventRef unregistered;  // unregister returned, or the last put
  EventRef freed;
  EventRef registering;   // mn_register of the next generation: ops may run before its return
  uint64_t generation = 0;
  uint32_t users = 0;
  bool watched = false;   // both entry and return of its registration were seen
};

// A part of a registration whose addresses are not what they were.
struct Taken {
  uint64_t start = 0;
  uint64_t end = 0;
  uint32_t by = 0;  // the task that did it
  EventRef at;      // vma_* or inv_start
};

// Memory that a device may access at any time, as a hook says.
struct Registration {
  uint64_t ctx = 0;
  uint64_t mm = 0;
  uint64_t mm_generation = 0;  // of the mm it was made in: its address may be another's today
  uint64_t sub = 0;    // 0: no interval notifier watches it
  uint64_t start = 0;
  uint64_t end = 0;
  uint32_t driver = 0;
  uint32_t write = 0;
  uint32_t tgid = 0;   // process that made it
  bool pinned = false; // its pages are: nobody watches it, and its object has promised nothing else (a dynamic dma-buf follows its exporter)
  EventRef begun;      // reg
  EventRef ended;      // dereg
  Few<Taken, 4> taken;   // what of its addresses leads elsewhere, or nowhere, oldest first
  Few<Taken, 4> parted;  // shared memory that was unmapped or moved: its pages stay the file's, as long as nothing else is mapped there
  uint64_t known_since = UINT64_MAX;  // since when it is known that what was taken was no shared memory: 0 where no record says what was mapped there
  EventRef made_at;    // call_site of reg, none if no stack was taken
  uint64_t cache = 0;      // of user space, and its region that rests on this registration, 0 = not known
  uint64_t region = 0;
  uint64_t sibling = 0;    // ctx of the one that the region rested on before, and may still: UCX makes two with relaxed ordering
  EventRef given_up;       // the cache finds it no more: it ends with its last user, or a little later
  bool heard = false;      // by another task than took the addresses away: one that reads a userfaultfd, and so hears of it after

  // Since when no record may be missing for a claim that what was taken is lost: that of a shared mapping would say otherwise.
  uint64_t rests_on() const { return begun.time < known_since ? begun.time : known_since; }
  // What took away the last of [from, to), null if it is all there.
  const Taken* taken_of(uint64_t from, uint64_t to) const {
    const Taken* last = nullptr;
    for (const Taken& t : taken)
      if (t.start < to && from < t.end) last = &t;
    return last;
  }
};

// One generation of a struct mm_struct with subscriptions.
struct Mm {
  uint64_t ptr = 0;
  uint64_t generation = 0;
  uint32_t starts = 0;      // starts entered, running count
  bool vmas_watched = false;  // a change of its VMAs was seen: those that take something away are
  bool over = false;          // it has ended: what is said of it is an echo, until something is seen that only a new mm on its address can do
  uint64_t epoch = 0;         // see Mirror::forget()
  uint32_t ends = 0;        // regions certainly over (end returned, or start failed and returned), running count
  int32_t possible = 0;     // regions that may be counted in active_invalidate_ranges now: entered start .. returned end
  int32_t definite = 0;     // regions that are counted for certain: returned start .. entered end
  uint64_t last_change = 0;        // time of the last change of possible or definite,
  uint64_t last_change_by = 0;     // the task that made it,
  uint64_t last_other_change = 0;  // and the time of the last one that another task than that made
  uint64_t seq_seen = 0;    // highest subscriptions->invalidate_seq seen
  EventRef seq_seen_at;
  EventRef releasing;       // mm_release
  EventRef released;        // mm_release_ret
  EventRef exited;          // mm_exit_ret
  // When did a task other than `task` last begin or end an invalidation?
  uint64_t changed_by_others(uint64_t task) const { return last_change_by == task ? last_other_change : last_change; }
  void changed(uint64_t time, uint64_t task) {
    if (last_change_by != task) {
      last_other_change = last_change;
      last_change_by = task;
    }
    last_change = time;
  }
  Few<uint64_t, 4> readers;  // callbacks of those subs of this mm that hmm_range_fault() was called with
  bool complete = false;    // possible is a true bound: the mm was seen quiescent and nothing was missed since
  uint64_t quiet = 0;       // active_invalidate_ranges was read as 0 last after this: what began before is no longer in it
  SpanList<Sub> subs;       // live subs, by address
  SpanList<Registration> pinned;  // live registrations whose pages are pinned, by address
  SpanList<Mapping> mappings;     // live translations of devices, by address
  SpanList<SvmRange> ranges;      // live ranges of SVMs, by address
  SpanList<VmaPiece> vmas;        // addresses whose protection is known, by address
  std::vector<Dma> dmas;          // accesses of devices in flight
  std::vector<Ctx*> ctxs;         // mirroring objects that said what they promise
  Ctx* any_ctx = nullptr;         // all that there are, as a chain
  uint32_t watchers = 0;          // live mmu_notifiers with an invalidate_range_start
  uint32_t open_regions = 0;      // Regions of tasks that are of it
};

// A callback function, as far as probes go.
struct CallbackFn {
  uint64_t fn = 0;
  uint64_t entry_since = 0;  // its entry probe is attached since, 0 = not
  uint64_t exit_since = 0;
  std::array<char, 64> name{};
};

}  // namespace mirrorscope
