// SPDX-License-Identifier: Apache-2.0
// What devices hold of an mm, as hooks, the reference driver and the model say: mirroring objects, their translations with page
// identity, accesses and work in flight, holds of pages, locks. Plain data.
#pragma once

#include <cstdint>

#include <vector>

#include "driver-model/mirror/few.h"
#include "driver-model/mirror/span_list.h"

namespace mirrorscope {

// A range of addresses, and since when something is true of it.
struct Piece {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t token = 0;  // of the flush that covers it, 0 = none was asked for
  EventRef at;
};

// Work that was armed and may use the translations of its ctx.
struct Job {
  uint64_t job = 0;
  EventRef at;
};

struct Mapping;

// One mirroring object: an MR, a VM, a BO.
struct Ctx {
  uint64_t ptr = 0;
  uint64_t mm = 0;
  uint64_t sub = 0;
  uint64_t owner = 0;       // dev_private_owner
  uint32_t discipline = 0;  // row of enum discipline, 0 = its driver's name has to say it
  uint32_t driver = 0;
  bool wide = false;        // subs wider than ranges
  bool mixed = false;
  bool flushes = false;     // flushes have rows
  bool stated = false;      // dev_ctx was seen
  bool locks = false;       // its locks have rows
  bool holds = false;       // its holds of pages have rows
  bool maps = false;        // its translations have rows
  bool asks = false;        // it asks for translations by itself: a device that faults
  EventRef begun;           // dev_ctx, or the first record that names it
  EventRef ended;           // dereg
  EventRef quiesced;        // its queues are stopped; none = they may run
  EventRef resumed;         // they were last let run; none = they never stopped as far as is known
  EventRef invalidated;     // a callback of its sub met its translations; none since they were made anew
  EventRef move_notified;   // buf_move_ret; none since it was mapped anew
  uint32_t mappings = 0;    // live translations
  uint64_t pins = 0;        // pages it holds with FOLL_PIN
  uint64_t held = 0;        // pages and bus addresses it holds, of whatever kind
  uint64_t hole_start = 0;  // addresses it keeps for itself
  uint64_t hole_end = 0;
  Few<Job, 8> jobs;
  Few<Piece, 8> unflushed;  // unmapped, and the device's TLB may still know it
  SpanList<Mapping> spans;  // its live translations, by address; no two of them overlap
  std::vector<uint64_t> holds_of;  // pfns of which it may hold something, with some that it has given back: see Mirror::held()
  uint32_t holds_live = 0;         // entries of Page::holds that are its
  Ctx* next = nullptr;      // the other objects of its mm
  Ctx* prev = nullptr;
};

// One translation of a device, or what is left of it.
struct Mapping {
  Ctx* ctx = nullptr;
  uint64_t mm = 0;
  uint64_t sub = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t pfn = 0;  // its first page, 0 = not known
  uint64_t owner = 0;
  uint64_t seq = 0;
  uint32_t source = 0;
  uint32_t order = 0;
  uint32_t write = 0;
  uint32_t cpu_dirty = 0;
  uint32_t driver = 0;
  bool dirtied = false;  // its page was marked dirty while it was live
  bool asked_write = false;  // its look-up demanded a page that may be written
  bool read = false;     // an access through it has read,
  bool written = false;  // or written
  EventRef begun;        // dev_map
  EventRef downgraded;   // inv_start_ret of a change of protection that it outlived with its write bit
  EventRef overtaken;    // its sub's sequence went on since its pages were looked up: they have to be looked up anew
};

// An access of a device in flight.
struct Dma {
  uint64_t ctx = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  uint32_t write = 0;
  uint32_t driver = 0;
  uint32_t tid = 0;  // the task that began it
  uint64_t pfn = 0;  // its first page, if it is known
  EventRef at;
};

// A hold of one page by one ctx.
struct Hold {
  uint64_t ctx = 0;
  uint64_t start = 0;  // address it was found at
  uint32_t hold = 0;
  uint32_t count = 0;
  bool longterm = false;
  bool written = false;  // its ctx got the page for writing, and it was not marked dirty since
  EventRef at;
};

// A page that devices map or hold.
struct Page {
  uint64_t pfn = 0;
  Few<Mapping*, 8> mappings;
  Few<Hold, 4> holds;
  EventRef freed;  // the kernel freed it while one of these was live; none since it was mapped anew
};

// A lock of a driver that a task holds.
struct HeldLock {
  uint64_t lock = 0;
  uint64_t ctx = 0;
  uint32_t kind = 0;
  uint32_t exclusive = 0;
  EventRef at;
};

// A task asked whether what it looked up still stands.
struct Check {
  uint64_t ctx = 0;
  uint64_t sub = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t seq = 0;
  bool ok = false;
  bool outdated = false;  // the record is younger than its answer: a callback that is recorded before it has stored a newer sequence
  EventRef at;
  EventRef locked;  // the user lock or reservation of the ctx it was asked under: its `lock` record; none = no lock
};

// What a task has looked up: nobody may use it before the sequences were compared.
struct Unchecked {
  uint64_t task = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  EventRef at;  // range_fault_ret
};

// One range of an SVM.
struct SvmRange {
  uint64_t ptr = 0;
  uint64_t ctx = 0;
  uint64_t mm = 0;
  uint64_t sub = 0;
  uint64_t start = 0;
  uint64_t end = 0;
  EventRef created;
  EventRef got;       // get_pages returned 0; none since unmap_pages
  EventRef valid;     // pages_valid said yes; none since an invalidation met it
  EventRef valid_locked;  // the user lock it was said under
  EventRef unmapped;  // set_unmapped
  EventRef met_unmap; // an unmap met it: its addresses are gone
  EventRef evicted;   // evict returned 0
  uint32_t device = 0;  // its pages: 0 of the system, 1 of the device, 2 of both
  bool partial = false; // the unmap left a part of it
};

// Addresses whose protection is known.
struct VmaPiece {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t flags = 0;  // VM_*
  EventRef at;
};

}  // namespace mirrorscope
