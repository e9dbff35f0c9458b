// SPDX-License-Identifier: Apache-2.0
// One moment of the model: an address space, its notifiers, the devices that mirror it, and where every thread is. Plain bytes.
//
// Everything is a small number so that a state is compared, copied and hashed as bytes: a page of the address space is 0..3 ("va"), a
// page frame 0..7 of which the last two are device memory, a sequence counts from 2 as in mmu_notifier_subscriptions_alloc (mm/mmu_notifier.c).
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace mirrorscope::model {

using u8 = uint8_t;

inline constexpr unsigned kThreads = 6;      // of one scenario
inline constexpr unsigned kDepth = 5;        // program, kernel function, callback, ...
inline constexpr unsigned kRanges = 2;       // invalidations that one task has open, nested
inline constexpr unsigned kVas = 4;          // pages of the address space
inline constexpr unsigned kPages = 8;        // page frames
inline constexpr unsigned kDevicePage = 6;   // from here on: ZONE_DEVICE
inline constexpr unsigned kSubs = 3;         // struct mmu_interval_notifier
inline constexpr unsigned kLists = 2;        // struct mmu_notifier
inline constexpr unsigned kLocks = 6;        // lock 0 is mmap_lock
inline constexpr unsigned kDevices = 2;      // mirroring objects
inline constexpr unsigned kVars = 12;        // what a driver keeps besides
inline constexpr unsigned kArrays = 2;       // pfn arrays that tasks share

// Who holds which page frame: a frame and what is known of it. The bit `stale` is set in every Ref when its frame is freed: from then
// on it names memory of somebody else, whether or not that has been handed out again.
struct Ref {
  u8 bits = 0;
  static constexpr u8 kFrame = 7, kValid = 8, kWrite = 16, kStale = 32, kMigrate = 64, kPinned = 128;
  static Ref of(unsigned frame, bool write) { return {static_cast<u8>(frame | kValid | (write ? kWrite : 0))}; }
  bool valid() const { return bits & kValid; }
  bool write() const { return bits & kWrite; }
  bool stale() const { return bits & kStale; }
  bool migrate() const { return bits & kMigrate; }
  bool pinned() const { return bits & kPinned; }
  unsigned frame() const { return bits & kFrame; }
  bool is(unsigned f) const { return valid() && !stale() && frame() == f; }
};

enum class Entry : u8 { none, present, swap, migration, device };  // device: a device-private entry

struct Pte {
  Entry kind;
  Ref ref;   // of present, migration and device
  u8 huge;   // 1: maps two frames as one, the pair begins at an even va
};

struct Page {
  u8 maps;   // page table entries, the child's included
  u8 pins;   // FOLL_PIN
  u8 holds;  // references of kernel functions under way
  u8 flags;
  static constexpr u8 kDirty = 1;       // the kernel knows that it was written: PTE or folio dirty
  static constexpr u8 kDevWritten = 2;  // a device wrote since it was last known to be dirty
  static constexpr u8 kLocked = 4;      // folio lock
  static constexpr u8 kCopied = 8;      // its content has been copied elsewhere, which will replace it
  bool free() const { return !maps && !pins && !holds; }
};

// struct mmu_interval_notifier: m is its invalidate_seq.
struct Sub {
  u8 m;
  u8 lo, hi;
  u8 where;
  static constexpr u8 kInTree = 1, kDeferredInsert = 2, kDeferredRemove = 4;
};

struct LockState {
  u8 writer;   // 0 or 1
  u8 readers;
};

// struct mmu_notifier_range on a task's stack.
struct Range {
  u8 lo, hi, reason, flags, seq;
  static constexpr u8 kBlockable = 1, kOwner1 = 2, kOwner2 = 4, kSkipped = 8;  // kSkipped: the mm has no notifiers
};

struct Frame {
  u8 program, pc, phase;
  u8 lo, hi;    // pages it works on, half open
  u8 va;        // cursor
  u8 mask;      // of an operation in progress; in a callback: which sub or list sub it is for
  u8 aux;
};

struct Thread {
  Frame frame[kDepth];
  Range range[kRanges];
  u8 depth;     // frames in use, 0 = ended
  u8 ranges;
  u8 ret;       // errno of the last kernel function, 0 = success
  u8 tok[2];    // sequences from read_begin
  u8 held, held_read;  // locks, bit per lock
  u8 folio;     // Ref bits of the folio it has locked
  u8 gather;    // frames that it still has to free, bit per frame (struct mmu_gather)
  u8 count;     // its own counter
  Ref pfn[kVas];
  Ref dst[kVas];
  Ref dma[kVas];  // accesses in flight
  u8 dma_device;
  u8 pad[7];    // hashed in pieces of 16 bytes
};
static_assert(sizeof(Thread) == 80);

struct State {
  u8 seq;       // subscriptions->invalidate_seq
  u8 active;    // subscriptions->active_invalidate_ranges
  u8 users;     // mm_users
  u8 flags;
  static constexpr u8 kHasItree = 1, kExited = 2, kReleased = 4;
  u8 listed;    // bit per registered struct mmu_notifier
  u8 pad[3];
  Pte pte[kVas];
  u8 prot[kVas];    // VMA: 0 = none, 1 = VM_READ, 2 = VM_WRITE
  Ref child[kVas];  // page table of the child that fork made
  Page page[kPages];
  Sub sub[kSubs];
  LockState lock[kLocks];
  Ref dev[kDevices][kVas];   // the device's page table
  Ref tlb[kDevices][kVas];   // what the device has cached of it
  u8 flush[kDevices];        // TLB flushes that were submitted and are not done, bit per va
  Ref shared[kArrays][kVas]; // pfn arrays that tasks share
  u8 var[kVars];
  u8 pad_threads[6];         // so that they begin at a multiple of 16
  Thread thread[kThreads];
};
static_assert(std::is_trivially_copyable_v<State> && alignof(State) == 1);

inline bool operator==(const State& a, const State& b) { return std::memcmp(&a, &b, sizeof(State)) == 0; }

}  // namespace mirrorscope::model
