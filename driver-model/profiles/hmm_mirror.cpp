// SPDX-License-Identifier: Apache-2.0
// The pattern of Documentation/mm/hmm.rst: a driver that mirrors two pages, faults on demand, and unmaps when it is told to.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 update = 1;  // the lock of hmm.rst: take_lock(driver->update)
constexpr u8 gpu = 0, mirror = 0;

// driver_populate_range(), and a device that writes when it is through
const Program kFault = program("fault", {
    label("again"),
    read_begin(mirror),
    lock_read(mmap_lock),
    range_fault(mirror),
    unlock(mmap_lock),
    if_ret(EBUSY, "again"),
    if_failed("gone"),
    lock(update),
    at("check", if_retry(mirror, "collided")),
    dev_map(gpu, mirror),
    unlock(update),
    dma_begin(gpu, "gone"),
    dma_access(),
    dma_end(),
    label("gone"),
    end(),
    label("collided"),
    unlock(update),
    jump("again"),
});

// The same for each page by itself, as drivers do that fault in chunks
const Program kFaultChunks = program("fault_chunks", {
    label("again"),
    read_begin(mirror),
    first_page(),
    label("next chunk"),
    lock_read(mmap_lock),
    range_fault(mirror).one(),
    unlock(mmap_lock),
    if_ret(EBUSY, "again"),
    if_failed("gone"),
    next_page("next chunk"),
    lock(update),
    at("check", if_retry(mirror, "collided")),
    dev_map(gpu, mirror),
    unlock(update),
    dma_begin(gpu, "gone"),
    dma_access(),
    dma_end(),
    label("gone"),
    end(),
    label("collided"),
    unlock(update),
    jump("again"),
});

// A device that reads what is mapped, whoever mapped it
const Program kAccess = program("access", {dma_begin(gpu, "out"), dma_access(), dma_end(), label("out"), end()});

// driver_invalidate(); a range that must not block is refused, as the lock and the device may be waited for (rxe_odp.c does so)
const Program kInvalidate = program("invalidate", {
    if_nonblock("refuse"),
    lock(update),
    set_seq(),
    at("zap", dev_unmap(gpu)),
    drain(gpu),
    unlock(update),
    ret_true(),
    label("refuse"),
    ret_false(),
});

std::vector<ThreadDef> fault_against(std::string_view environment) {
  return {{"device", "fault", 0, 1}, {"process", environment, 0, 1}};
}
}  // namespace

Profile profile_hmm_mirror() {
  Profile p;
  p.name = "hmm_mirror";
  p.mirrors = "Documentation/mm/hmm.rst, driver_populate_range(); lib/test_hmm.c, dmirror_fault(), dmirror_interval_invalidate()";
  p.says = "faults on demand, retries on collision, unmaps and drains in the callback";
  p.driver.programs = {kFault, kFaultChunks, kAccess, kInvalidate};
  p.driver.subs = {{.lo = 0, .hi = 4, .invalidate = "invalidate", .finish = {}}};
  p.scenarios = {
      {.name = "munmap", .threads = {{"device", "fault", 0, 2}, {"process", "munmap", 0, 2}}},
      {.name = "remap", .threads = fault_against("remap_fixed")},
      {.name = "mremap", .threads = fault_against("mremap_away")},
      {.name = "dontneed", .threads = {{"device 1", "fault", 0, 1}, {"device 2", "fault", 0, 1}, {"process", "dontneed_touch", 0, 1}}},
      {.name = "chunks", .threads = {{"device", "fault_chunks", 0, 2}, {"process", "dontneed_touch", 0, 1}}},
      {.name = "two", .threads = {{"device", "fault", 0, 2}, {"process 1", "dontneed_touch", 0, 1}, {"process 2", "dontneed_touch", 1, 2}}},
      {.name = "mprotect", .threads = fault_against("mprotect_ro")},
      {.name = "fork", .threads = fault_against("fork_write")},
      {.name = "reclaim", .threads = fault_against("swap_in")},
      {.name = "compaction", .threads = fault_against("compaction")},
      {.name = "writeback", .threads = fault_against("writeback")},
  };
  p.mutants = {
      {.name = "skip_read_retry", .says = "maps what it looked up without asking whether it still stands", .rule = "SEQ-04",
       .scenario = "remap", .edits = {drop("fault", "check")}},
      {.name = "retry_check_outside_lock", .says = "asks before it takes the lock: an invalidation fits between", .rule = "SEQ-04",
       .scenario = "remap",
       .edits = {swap("fault", "lock", "check"), replace("fault", "collided", {label("collided"), jump("again"), label("unused")})}},
      {.name = "callback_skips_set_seq", .says = "the callback unmaps and does not store the sequence", .rule = "SEQ-01",
       .scenario = "remap", .edits = {drop("invalidate", "set_seq")}},
  };
  return p;
}

}  // namespace mirrorscope::model
