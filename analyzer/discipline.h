// SPDX-License-Identifier: Apache-2.0
// What each driver in the kernel promises at an invalidation. A rule that is applied to the wrong discipline reports
// drivers that are right.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "analyzer/rule.h"
#include "driver-model/mirror/mirror.h"

namespace mirrorscope {

// What is true of the range once the start has returned 0.
enum class Discipline : uint8_t {
  unmap,  // U: no translation of it is left, the device's TLB is flushed
  fence,  // F: translations may stay; work that was submitted with them has completed, the next submission looks again
  quiesce,       // Q: translations may stay; the user's queues are stopped until they were made anew
  pin,           // P: nothing; the pages are held by FOLL_PIN and the address may come to mean others
  shared_table,  // S: the device walks the CPU's page table
};

// When does the callback store cur_seq with mmu_interval_set_seq()?
enum class SetsSeq : uint8_t {
  always,      // whatever it is called for, except what every driver may leave out: a release, its own migration
  unmap_only,  // for MMU_NOTIFY_UNMAP
  not_always,  // depends on a state of the driver that no record shows
  never,       // it has no read side
};

struct DriverCallback {
  std::string_view function;
  SetsSeq sets_seq;
};

// What is known of a driver: what it promises, its callbacks, and what the rows of its hook are like.
struct DriverRow {
  uint32_t driver = MS_driver_none;  // row of enum driver; none: no hook of ours, known by its callbacks alone
  // What is true of a range once the start has returned 0. Empty: a driver that nobody has read.
  std::optional<Discipline> discipline{};
  bool each_object_says =
      false;  // it depends on the object, whose dev_ctx says it; `discipline` is what most of them promise
  bool dma_end_is_late =
      false;  // dma_end comes only some time after the access, because the lock is released out of its sight
  bool dereg_says_dirty = false;      // dereg says whether the pages were marked dirty
  bool asks_before_each_map = false;  // `revalidate` is asked under the lock of the commit, right before each dev_map
  bool removed_comes_early =
      false;  // a range is said to be removed at the entry of what removes it: a callback may still meet it
  std::array<DriverCallback, 2> callbacks{};  // unused ones have no function
  std::string_view source{};                  // of the callbacks: files in Linux 7.2
};

// The row of a driver's hook. Of one that has none: a row that promises nothing.
const DriverRow& driver_row(uint32_t driver);
// Null for a callback that nobody has read: hard rules that need no discipline apply to it.
const DriverCallback* driver_callback(std::string_view function);

// What a mirroring object promises: its own word (dev_ctx), else what is known of its driver. Nothing for one that
// nobody has read.
std::optional<Discipline> promise(const Ctx& ctx, const Mirror& mirror);
// What rests on an object's own word rests on every record since its begin, too: lost ones may have been its end and
// the begin of another one, with other words, on its address. One that has said nothing may have said it in a record
// that is lost, whenever that was. What is known by the driver's name rests on no record but those that name it. Null:
// an object of which nothing is known.
Since since_promised(const Ctx* ctx, const Since& since);
// And what rests on its queues running rests on every record since they were last seen to be let run.
Since since_running(const Ctx* ctx, const Since& since);
// Translations of these may be made from pages that have gone stale: what counts is when work may use them (SEQ-13).
bool gates_work(std::optional<Discipline> discipline);
// Is the invalidation the device's own migration or exclusive access, which its driver may leave out?
bool is_own(const Ctx& ctx, uint32_t reason, uint64_t owner);
std::string_view to_string(Discipline discipline);

}  // namespace mirrorscope
