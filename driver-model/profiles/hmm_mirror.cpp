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

// Work of a driver's own thread: the process may be gone (hmm.rst: mmget_not_zero)
const Program kFaultMm = program("fault_mm", {at("mmget", mmget("dead")), call("fault"), mmput(), label("dead"), end()});

// A device that reads what is mapped, whoever mapped it
const Program kAccess = program("access", {first_page(), label("next"), dma_begin(gpu, "skip").one(), dma_access().one(), dma_end().one(),
                                          label("skip"), next_page("next"), end()});

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
  p.driver.programs = {kFault, kFaultChunks, kFaultMm, kAccess, kInvalidate};
  p.driver.devices = {{.sub = mirror}};
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
      {.name = "mrelease", .threads = fault_against("process_mrelease")},
      {.name = "thp", .threads = {{"device", "fault", 0, 2}, {"process", "thp_split", 0, 1}}, .huge = true},
      {.name = "access", .threads = {{"device", "fault", 0, 2}, {"engine", "access", 0, 2}, {"process", "munmap", 0, 2}}},
      {.name = "exit", .threads = {{"device", "fault_mm", 0, 1}, {"process", "exit_mm", 0, 1}}},
      {.name = "empty", .threads = fault_against("dontneed_touch"), .populated = false},
  };
  p.mutants = {
      {.name = "skip_read_retry", .says = "maps what it looked up without asking whether it still stands", .rule = "SEQ-04",
       .scenario = "remap", .edits = {drop("fault", "check")}, .implied = mapped_too_late},
      {.name = "retry_check_outside_lock", .says = "asks before it takes the lock: an invalidation fits between", .rule = "SEQ-04",
       .scenario = "remap",
       .edits = {swap("fault", "lock", "check"), replace("fault", "collided", {label("collided"), jump("again"), label("unused")})}, .implied = {"LOCK-04", "ORD-11", "ORD-12", "ORD-24"}},
      {.name = "retry_check_then_unlock", .says = "asks under the lock, gives it back and takes it again to map", .rule = "SEQ-04",
       .scenario = "remap", .edits = {insert_after("fault", "check", {unlock(update), lock(update)})}, .implied = {"LOCK-04", "ORD-11", "ORD-12", "ORD-24"}},
      {.name = "callback_skips_set_seq", .says = "the callback unmaps and does not store the sequence", .rule = "SEQ-01",
       .scenario = "remap", .edits = {drop("invalidate", "set_seq")}, .implied = mapped_too_late},
      {.name = "set_seq_for_unmap_only", .says = "the callback stores the sequence only when memory is unmapped", .rule = "SEQ-01",
       .scenario = "dontneed",
       .edits = {insert_before("invalidate", "set_seq", {unless_reason(MS_reason_unmap, "not unmap")}),
                 insert_before("invalidate", "zap", {label("not unmap")})}, .implied = mapped_too_late},
      {.name = "set_seq_outside_lock", .says = "unmaps under the lock, and stores the sequence behind it", .rule = "SEQ-04",
       .scenario = "remap", .edits = {move_before("invalidate", "set_seq", "ret_true")}, .implied = mapped_too_late},
      {.name = "seq_resampled_mid_walk", .says = "reads a new sequence for each chunk, and checks the last one for all", .rule = "SEQ-20",
       .scenario = "chunks", .edits = {insert_after("fault_chunks", "next chunk", {read_begin(mirror)})}, .implied = mapped_too_late},
      {.name = "old_seq_after_busy", .says = "after a collision it goes on with the same sequence, for ever", .rule = "SEQ-05",
       .scenario = "remap", .edits = {replace("fault", "read_begin", {label("before"), read_begin(mirror), label("with old")}),
                                      replace("fault", "if_ret", {if_ret(EBUSY, "with old")})}},
      {.name = "invalidate_no_drain", .says = "the callback unmaps and does not wait for accesses in flight", .rule = "ORD-20",
       .scenario = "munmap", .edits = {drop("invalidate", "drain")}},
      {.name = "invalidate_range_misrounded", .says = "the last page of the range is forgotten", .rule = "ORD-10", .scenario = "access",
       .edits = {insert_before("invalidate", "zap", {narrow(not_last)})}, .implied = kept_too_long},
      {.name = "invalidate_first_page_lost", .says = "the first page of the range is forgotten", .rule = "ORD-10", .scenario = "access",
       .edits = {insert_before("invalidate", "zap", {narrow(not_first)})}, .implied = kept_too_long},
      {.name = "lock_across_read_begin", .says = "holds the lock that the callback takes while it waits for the callback",
       .rule = "LOCK-03", .scenario = "remap",
       .edits = {move_before("fault", "lock", "read_begin"),
                 replace("fault", "collided", {label("collided"), jump("again with lock")}),
                 insert_after("fault", "lock", {label("again with lock")}),
                 replace("fault", "if_ret", {if_ret(EBUSY, "again with lock")})}},
      {.name = "lock_leaked_on_collision", .says = "goes again without giving the lock back", .rule = "LOCK-03", .scenario = "remap",
       .edits = {replace("fault", "collided", {label("collided"), jump("again"), label("unused")})}},
      {.name = "blockable_refused", .says = "refuses a range that may block", .rule = "ORD-07", .scenario = "remap",
       .edits = {replace("invalidate", "if_nonblock", {jump("refuse")})}, .implied = {"ORD-10", "ORD-11", "ORD-12", "ORD-20", "ORD-24"}},
      {.name = "nonblock_blocks", .says = "sleeps for the lock where it must not", .rule = "ORD-09", .scenario = "mrelease",
       .edits = {drop("invalidate", "if_nonblock")}},
      {.name = "no_mmap_lock", .says = "walks the page table without the mmap lock", .rule = "HMM-01", .scenario = "remap",
       .edits = {drop("fault", "lock_read"), drop("fault", "unlock")}, .oracle = Oracle::harmless,
       .why = "the model's walk is one step per page, and sequences still catch the collision"},
      {.name = "no_mmget", .says = "looks up in an address space that may be gone", .rule = "HMM-11", .scenario = "exit",
       .edits = {drop("fault_mm", "mmget"), drop("fault_mm", "mmput")}, .implied = {"LIF-12", "ORD-17"}, .oracle = Oracle::harmless,
       .why = "what is looked up is still checked, and nothing is there to look up"},
  };
  return p;
}

}  // namespace mirrorscope::model
