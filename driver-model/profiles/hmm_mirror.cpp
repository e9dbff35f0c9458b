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

// A new sequence for each chunk, and each mapped by itself (lib/test_hmm.c, dmirror_fault(): one struct hmm_range for 32 pages)
const Program kFaultEach = program("fault_each", {
    first_page(),
    label("again"),
    read_begin(mirror),
    lock_read(mmap_lock),
    range_fault(mirror).one(),
    unlock(mmap_lock),
    if_ret(EBUSY, "again"),
    if_failed("gone"),
    lock(update),
    if_retry(mirror, "collided"),
    dev_map(gpu, mirror).one(),
    unlock(update),
    next_page("again"),
    dma_begin(gpu, "gone"),
    dma_access(),
    dma_end(),
    label("gone"),
    end(),
    label("collided"),
    unlock(update),
    jump("again"),
});

// Looks and takes nothing (lib/test_hmm.c, dmirror_range_snapshot(); drm_gpusvm.c, drm_gpusvm_check_pages())
const Program kSnapshot = program("snapshot", {label("again"), read_begin(mirror), lock_read(mmap_lock), range_fault(mirror, reads),
                                               unlock(mmap_lock), if_ret(EBUSY, "again"), end()});

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
  p.driver.programs = {kFault, kFaultChunks, kFaultEach, kSnapshot, kFaultMm, kAccess, kInvalidate};
  p.driver.devices = {{.sub = mirror}};
  p.driver.subs = {{.lo = 0, .hi = 4, .invalidate = "invalidate", .finish = {}}};
  p.scenarios = {
      {.name = "munmap", .threads = {{"device", "fault", 0, 2}, {"process", "munmap", 0, 2}}},
      {.name = "remap", .threads = fault_against("remap_fixed")},
      {.name = "mremap", .threads = fault_against("mremap_away")},
      {.name = "dontneed", .threads = {{"device 1", "fault", 0, 1}, {"device 2", "fault", 0, 1}, {"process", "dontneed_touch", 0, 1}}},
      {.name = "chunks", .threads = {{"device", "fault_chunks", 0, 2}, {"process", "dontneed_touch", 0, 1}}},
      {.name = "each", .threads = {{"device", "fault_each", 0, 2}, {"process", "dontneed_touch", 0, 1}}},
      {.name = "snapshot", .threads = {{"device", "fault", 0, 1}, {"looker", "snapshot", 0, 1}, {"process", "remap_fixed", 0, 1}}},
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
      {.name = "busy_keeps_first_chunks", .says = "reads a new sequence after a collision, and keeps the chunks that it has", .rule = "SEQ-20",
       .scenario = "chunks",
       .edits = {replace("fault_chunks", "if_ret", {if_ret(EBUSY, "resample")}),
                 insert_before("fault_chunks", "collided", {label("resample"), read_begin(mirror), jump("next chunk")})}, .implied = mapped_too_late},
      {.name = "seq_shared", .says = "two faults keep the sequence in one place: the second one's covers the first one's pages",
       .rule = "SEQ-04", .scenario = "dontneed",
       .edits = {replace("fault", "read_begin", {read_begin(mirror, shared_tok(0))}), replace("fault", "range_fault", {range_fault(mirror, writes, shared_tok(0))}),
                 replace("fault", "check", {if_retry(mirror, "collided", shared_tok(0))}), replace("fault", "dev_map", {dev_map(gpu, mirror, writes, shared_tok(0))})},
       .implied = {"ORD-11", "ORD-12", "ORD-24"}},
      {.name = "hmm_range_shared", .says = "two faults share one struct hmm_range: its sequence and its pfns", .rule = "SEQ-04",
       .scenario = "dontneed",
       .edits = {replace("fault", "read_begin", {read_begin(mirror, shared_tok(0))}),
                 replace("fault", "range_fault", {range_fault(mirror, writes, shared_tok(0), shared_pfns(0))}),
                 replace("fault", "check", {if_retry(mirror, "collided", shared_tok(0))}),
                 replace("fault", "dev_map", {dev_map(gpu, mirror, writes, shared_tok(0), shared_pfns(0))})},
       .implied = {"HMM-09", "ORD-11", "ORD-12", "ORD-24"}},
      {.name = "unmap_events_only", .says = "the callback acts on unmaps only, and no page is pinned", .rule = "ORD-10", .scenario = "dontneed",
       .edits = {insert_before("invalidate", "lock", {unless_reason(MS_reason_unmap, "leave")}), insert_before("invalidate", "ret_true", {label("leave")})},
       .implied = {"SEQ-01", "ORD-11", "ORD-12", "ORD-20", "ORD-24"}},
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
      {.name = "refused_with_lock_held", .says = "takes the lock, finds that it must not block, and leaves with it", .rule = "LOCK-08",
       .scenario = "mrelease", .edits = {replace("invalidate", "lock", {lock(update, spins)}), swap("invalidate", "if_nonblock", "lock")}},
      {.name = "removed_in_the_callback", .says = "the callback removes its notifier when its memory is unmapped", .rule = "LIF-03",
       .scenario = "munmap", .edits = {insert_before("invalidate", "ret_true", {sub_remove(mirror)})}},
      {.name = "writes_what_was_read", .says = "looks up for reading and maps for writing", .rule = "HMM-07", .scenario = "mprotect",
       .edits = {replace("fault", "range_fault", {range_fault(mirror, reads)}), replace("fault", "dev_map", {dev_map(gpu, mirror, writes_anyway)})},
       .implied = {"VMA-06"}},
      {.name = "no_mmap_lock", .says = "walks the page table without the mmap lock", .rule = "HMM-01", .scenario = "remap",
       .edits = {drop("fault", "lock_read"), drop("fault", "unlock")}, .oracle = Oracle::harmless,
       .why = "the model's walk is one step per page, and sequences still catch the collision"},
      {.name = "no_mmget", .says = "looks up in an address space that may be gone", .rule = "HMM-11", .scenario = "exit",
       .edits = {drop("fault_mm", "mmget"), drop("fault_mm", "mmput")}, .implied = {"LIF-12", "ORD-17"}, .oracle = Oracle::harmless,
       .why = "what is looked up is still checked, and nothing is there to look up"},
      {.name = "asked_without_lock_too", .says = "asks once more before it takes the lock, to give up early: mmu_interval_check_retry()", .rule = {},
       .scenario = "remap", .edits = {insert_after("fault", "if_ret", {at("advice", if_retry(mirror, "again"))})}, .control = true},
  };
  return p;
}

}  // namespace mirrorscope::model
