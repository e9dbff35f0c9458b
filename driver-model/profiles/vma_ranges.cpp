// SPDX-License-Identifier: Apache-2.0
// Ranges as long as their VMAs, as amdkfd has them where the GPU can fault: a callback for UNMAP leaves it to a worker to make the range
// smaller, which means another notifier.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 prange_lock = 1, svms_lock = 2;
constexpr u8 gpu = 0;
constexpr u8 whole = 0, rest = 1;  // the notifier over both pages, and the one over what is left when the first page is unmapped
// Is the range the rest by now; has the worker something to do?
enum Var : u8 { split, pending };

// svm_range_restore_pages(), svm_range_validate_and_map(): mmap_lock and svms->lock are held all the way
const Program kFault = program("fault", {
    label("again"),
    mmget("out"),
    lock_read(mmap_lock),
    lock(svms_lock),
    if_var(split, 1, "rest"),
    label("read"),
    read_begin(whole),
    at("look up", range_fault(whole)),
    at("busy", if_ret(EBUSY, "read")),  // amdgpu_hmm_range_get_pages()
    at("failed", if_failed("gone")),
    at("enter", lock(prange_lock)),
    at("check", if_retry(whole, "collided")),
    at("split?", if_var(pending, 1, "collided")),  // child_list: "range split by unmap in parallel, validate again"
    dev_map(gpu, whole),
    jump("mapped"),
    label("rest"),
    clip(1, 2),
    label("read rest"),
    read_begin(rest),
    range_fault(rest),
    if_ret(EBUSY, "read rest"),
    if_failed("gone"),
    lock(prange_lock),
    if_retry(rest, "collided"),
    dev_map(gpu, rest),
    label("mapped"),
    unlock(prange_lock),
    unlock(svms_lock),
    unlock(mmap_lock),
    mmput(),
    clip(1, 2),
    dma_begin(gpu, "out"),
    dma_access(),
    dma_end(),
    label("out"),
    end(),
    label("collided"),
    unlock(prange_lock),
    unlock(svms_lock),
    unlock(mmap_lock),
    mmput(),
    label("wait"),
    await_var(pending, 0),  // the GPU faults again until the worker has run
    jump("again"),
    label("gone"),
    unlock(svms_lock),
    unlock(mmap_lock),
    mmput(),
    end(),
});

// svm_range_cpu_invalidate_pagetables(); nothing for RELEASE, the list's op does that
const Program kInvalidate = program("invalidate", {
    if_reason(MS_reason_release, "leave"),
    lock(prange_lock),
    set_seq(),
    at("unmap", dev_unmap(gpu)),
    drain(gpu),
    unless_reason(MS_reason_unmap, "done"),
    unless_meets(0, 1, "done"),
    at("split", set_var(pending, 1)),  // svm_range_unmap_split(), svm_range_add_list_work()
    label("done"),
    unlock(prange_lock),
    label("leave"),
    ret_true(),
});
const Program kInvalidateRest = program("invalidate rest", {
    if_reason(MS_reason_release, "leave"),
    lock(prange_lock),
    set_seq(),
    dev_unmap(gpu),
    drain(gpu),
    unlock(prange_lock),
    label("leave"),
    ret_true(),
});

// svm_range_deferred_list_work(), svm_range_update_notifier_and_interval_tree()
const Program kWorker = program("worker", {
    await_var(pending, 1),
    mmget("gone"),  // svm_range_add_list_work()
    lock(mmap_lock),
    lock(svms_lock),
    lock(prange_lock),
    at("unmap", dev_unmap(gpu, whole)),
    at("drain", drain(gpu)),
    unlock(prange_lock),
    at("remove", sub_remove(whole)),
    at("insert", sub_insert(rest)),
    set_var(split, 1),
    set_var(pending, 0),
    unlock(svms_lock),
    unlock(mmap_lock),
    mmput(),
    end(),
    label("gone"),
    set_var(pending, 0),
    end(),
});

// kfd_process_notifier_release_internal(): the queues are destroyed
const Program kRelease = program("release", {lock(prange_lock), at("stop", dev_unmap(gpu, no_sub)), drain(gpu), unlock(prange_lock), end()});

const ThreadDef kDeferred{"worker", "worker", 0, 2, true};
}  // namespace

Profile profile_vma_ranges() {
  Profile p;
  p.name = "vma_ranges";
  p.mirrors = "drivers/gpu/drm/amd/amdkfd/kfd_svm.c, svm_range_restore_pages(), svm_range_cpu_invalidate_pagetables()";
  p.says = "a range per VMA with a notifier of its own, which a worker replaces when part of the VMA is unmapped";
  p.driver.programs = {kFault, kInvalidate, kInvalidateRest, kWorker, kRelease};
  p.driver.subs = {{.lo = 0, .hi = 2, .invalidate = "invalidate", .finish = {}},
                   {.lo = 1, .hi = 2, .invalidate = "invalidate rest", .finish = {}, .inserted = false}};
  p.driver.lists = {{.start = {}, .end = {}, .release = "release"}};
  p.driver.devices = {{}};
  p.scenarios = {
      {.name = "unmap_first", .threads = {{"gpu", "fault", 0, 2}, {"process", "munmap", 0, 1}, kDeferred}},
      {.name = "remap_first", .threads = {{"gpu", "fault", 0, 2}, {"process", "remap_fixed", 0, 1}, kDeferred}},
      {.name = "reclaim_rest", .threads = {{"gpu", "fault", 0, 2}, {"process", "munmap", 0, 1}, {"kswapd", "reclaim", 1, 2}, kDeferred}},
      {.name = "dontneed", .threads = {{"gpu", "fault", 0, 2}, {"process", "dontneed", 0, 2}, kDeferred}},
      {.name = "fork", .threads = {{"gpu", "fault", 0, 2}, {"process", "fork_write", 1, 2}, kDeferred}},
      {.name = "exit", .threads = {{"gpu", "fault", 0, 2}, {"process", "exit_mm", 0, 2}, kDeferred}},
  };
  p.mutants = {
      // by reading, what 7.2 does: svm_range_update_notifier_and_interval_tree() leaves the rest mapped between the remove and the insert,
      // and mmap_lock does not keep reclaim out
      {.name = "mapped_without_notifier", .says = "the worker replaces the notifier and leaves the rest of the range mapped", .rule = "LIF-07",
       .scenario = "reclaim_rest", .edits = {drop("worker", "unmap"), drop("worker", "drain")},
       .implied = {"LIF-06", "ORD-12", "ORD-20", "ORD-24", "ORD-26"}},
      {.name = "not_reinserted", .says = "the worker removes the notifier and leaves the rest of the range without one", .rule = "LIF-07",
       .scenario = "reclaim_rest", .edits = {drop("worker", "unmap"), drop("worker", "drain"), drop("worker", "insert")},
       .implied = {"HMM-02", "LIF-06", "ORD-11", "ORD-12", "ORD-20", "ORD-24", "ORD-26", "SEQ-02"}},
      
      {.name = "unmapped_by_the_worker", .says = "a callback for UNMAP leaves the unmapping to the worker", .rule = "ORD-10",
       .scenario = "reclaim_rest", .edits = {insert_before("invalidate", "unmap", {if_reason(MS_reason_unmap, "skip")}),
                                             insert_after("invalidate", "drain", {label("skip")})},
       .implied = kept_too_long, .oracle = Oracle::harmless, .why = "the GPU reads the second page only"},
      {.name = "first_page_only", .says = "the callback unmaps the first page of what it is told", .rule = "ORD-10", .scenario = "dontneed",
       .edits = {insert_before("invalidate", "unmap", {narrow(only_first)})}, .implied = kept_too_long},
      {.name = "looked_up_under_the_callbacks_lock", .says = "holds the lock of the callback while it looks pages up", .rule = "LOCK-03",
       .scenario = "fork", .edits = {drop("fault", "enter"), insert_before("fault", "look up", {lock(prange_lock)}),
                                         replace("fault", "busy", {if_ret(EBUSY, "collided")}),
                                         replace("fault", "failed", {if_failed("collided")})}},
      {.name = "check_before_lock", .says = "asks whether it collided before it takes the lock", .rule = "LOCK-04", .scenario = "dontneed",
       .edits = {drop("fault", "check"), insert_before("fault", "enter", {if_retry(whole, "early")}),
                 insert_before("fault", "collided", {label("early"), unlock(svms_lock), unlock(mmap_lock), mmput(), jump("wait")})},
       .implied = {"SEQ-04", "SEQ-12", "ORD-11", "ORD-12", "ORD-24"}},
  };
  return p;
}

}  // namespace mirrorscope::model
