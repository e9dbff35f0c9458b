// SPDX-License-Identifier: Apache-2.0
// xe's userptr on a device that can fault: the first pass zaps and asks for the TLB flush, the finish pass waits for it.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 notifier_lock = 1;  // drm_gpusvm's notifier_lock
constexpr u8 gpu = 0, userptr = 0;
// struct xe_userptr: what the one embedded finish is used for
enum Var : u8 { finish_inuse, tlb_inval_submitted, binds };

// xe_vma_userptr_pin_pages(): drm_gpusvm_get_pages(); xe_pt_userptr_pre_commit()
const Program kFault = program("fault", {
    label("again"),
    mmget("gone"),
    at("begin", read_begin(userptr)),
    lock_read(mmap_lock),
    range_fault(userptr),
    unlock(mmap_lock),
    mmput(),
    if_ret(EBUSY, "again"),
    if_failed("gone"),
    lock_read(notifier_lock),
    at("check", if_retry(userptr, "collided")),
    dev_map(gpu, userptr),
    unlock(notifier_lock),
    dma_begin(gpu, "gone", writes, 1),
    dma_access(),
    dma_end(),
    label("gone"),
    end(),
    label("collided"),
    unlock(notifier_lock),
    jump("again"),
});

// A job of which the TLB still knows
const Program kAccess = program("access", {dma_begin(gpu, "out", writes, 1), dma_access(), dma_end(), label("out"), end()});
// The hardware: flushes when it gets to it
const Program kHardware = program("hardware", {label("on"), flush_execute(gpu), jump("on")});

// xe_vma_userptr_invalidate_start(), _pass1(), _do_inval(). While a bind is under way (`binds`) the first pass defers all of it.
const Program kStart = program("start", {
    if_nonblock("refuse"),
    lock(notifier_lock),
    set_seq(),
    at("inuse?", if_var(finish_inuse, 1, "synchronous")),  // only one caller at a time can use the multi-pass state
    if_var(binds, 1, "defer"),
    set_var(finish_inuse, 1),
    set_var(tlb_inval_submitted, 1),
    at("zap", dev_zap(gpu)),
    at("ask", flush_submit(gpu)),
    finish_later(),
    unlock(notifier_lock),
    ret_true(),
    label("defer"),
    set_var(finish_inuse, 1),
    finish_later(),
    unlock(notifier_lock),
    ret_true(),
    label("synchronous"),
    at("zap now", dev_zap(gpu)),
    at("ask now", flush_submit(gpu)),
    at("wait now", flush_wait(gpu)),
    at("drain now", drain(gpu)),
    label("return"),
    unlock(notifier_lock),
    ret_true(),
    label("refuse"),
    ret_false(),
});

// xe_vma_userptr_invalidate_finish(): xe_vma_userptr_complete_tlb_inval(), or xe_vma_userptr_do_inval() if nothing was submitted
const Program kFinish = program("finish", {
    lock(notifier_lock),
    at("submitted?", if_var(tlb_inval_submitted, 1, "wait")),
    dev_zap(gpu),
    flush_submit(gpu),
    label("wait"),
    at("wait for it", flush_wait(gpu)),
    at("drain it", drain(gpu)),
    at("not submitted", set_var(tlb_inval_submitted, 0)),
    at("not in use", set_var(finish_inuse, 0)),
    unlock(notifier_lock),
    end(),
});

// Another userptr of the process, where nothing is mapped
const Program kOther = program("other", {lock(notifier_lock), set_seq(), unlock(notifier_lock), ret_true()});

// How a second caller may leave the work to the first: both are in one episode, and nothing is mapped until it ends
const Edit kWaitsForTheFirst = insert_before("start", "refuse", {label("wait for the first"), unlock(notifier_lock),
                                                                 await_var(finish_inuse, 0), ret_true()});

const ThreadDef kTlb{"hardware", "hardware", 0, 1, true};
}  // namespace

Profile profile_xe_userptr() {
  Profile p;
  p.name = "xe_userptr";
  p.mirrors = "drivers/gpu/drm/xe/xe_userptr.c, xe_vma_userptr_invalidate_start(), xe_vma_userptr_invalidate_finish()";
  p.says = "two passes: zaps and asks for a TLB flush in the first, waits in the second, one finish for all invalidations";
  p.driver.programs = {kFault, kAccess, kHardware, kStart, kFinish, kOther};
  p.driver.subs = {{.lo = 0, .hi = 1, .invalidate = "start", .finish = "finish"},
                   {.lo = 1, .hi = 2, .invalidate = "other", .finish = {}}};
  p.driver.devices = {{.sub = userptr, .flushes = true}};
  p.scenarios = {
      {.name = "two",
       .threads = {{"device", "fault", 0, 1}, {"process 1", "dontneed", 0, 1}, {"process 2", "dontneed", 0, 1}, kTlb},
       .pages = 1},
      {.name = "remap", .threads = {{"device", "fault", 0, 1}, {"process", "remap_fixed", 0, 1}, kTlb}, .pages = 1},
      {.name = "deferred",
       .threads = {{"device", "fault", 0, 1}, {"process 1", "dontneed", 0, 1}, {"process 2", "reclaim", 0, 1}, kTlb},
       .pages = 1, .vars = {{binds, 1}}},
      {.name = "reaped",
       .threads = {{"device", "fault", 0, 1}, {"process 1", "dontneed", 0, 1}, {"process 2", "process_mrelease", 0, 1}, kTlb},
       .pages = 1},
      {.name = "neighbours",
       .threads = {{"device", "fault", 0, 1}, {"process 1", "dontneed", 0, 2}, {"process 2", "dontneed", 0, 2}, kTlb}},
      {.name = "exit", .threads = {{"device", "fault", 0, 1}, {"process", "exit_mm", 0, 1}, kTlb}, .pages = 1},
  };
  p.mutants = {
      {.name = "second_caller_trusts_the_first", .says = "a callback that finds the finish in use returns: the other one will wait",
       .rule = "ORD-23", .edits = {replace("start", "inuse?", {if_var(finish_inuse, 1, "return")})}, .implied = {"ORD-20"}},
      // by reading, what 7.2 does: xe_pt_zap_ptes() skips tiles that the first caller has marked tile_invalidated, and without a tile
      // xe_tlb_inval_range_tilemask_submit() makes no fence to wait for
      {.name = "flush_left_out_for_nothing_zapped", .says = "a callback that finds the finish in use and no entry to zap asks for no flush",
       .rule = "ORD-23", .edits = {replace("start", "zap now", {if_mapped(gpu, "zap now"), jump("return"), label("zap now"), dev_zap(gpu)})},
       .implied = {"ORD-20"}},
      {.name = "second_caller_only_asks", .says = "a callback that finds the finish in use asks for a flush and does not wait",
       .rule = "ORD-23", .edits = {drop("start", "wait now"), drop("start", "drain now")}, .implied = {"ORD-20"}},
      {.name = "finish_not_handed_out", .says = "the first pass asks for the flush and hands no finish out", .rule = "ORD-23",
       .edits = {drop("start", "finish_later")}, .implied = {"ORD-20"}},
      {.name = "finish_does_not_wait", .says = "the finish pass does not wait for the flush", .rule = "ORD-23",
       .edits = {drop("finish", "wait for it"), drop("finish", "drain it")}, .implied = {"ORD-20"}},
      {.name = "finish_handed_out_twice", .says = "two invalidations hand the one embedded finish out at a time", .rule = "ORD-14",
       .scenario = "neighbours", .edits = {drop("start", "inuse?")}},
      {.name = "in_use_cleared_before_the_wait",
       .says = "a callback that finds the finish in use waits until it is not; that is said before the flush is waited for",
       .rule = "ORD-23",
       .edits = {replace("start", "inuse?", {if_var(finish_inuse, 1, "wait for the first")}), kWaitsForTheFirst,
                 move_before("finish", "not in use", "submitted?"), insert_before("finish", "wait for it", {unlock(notifier_lock)}),
                 insert_after("finish", "drain it", {lock(notifier_lock)})},
       .implied = {"ORD-20"}},
      {.name = "second_caller_waits_for_the_first", .says = "a callback that finds the finish in use waits until it is not", .rule = {},
       .edits = {replace("start", "inuse?", {if_var(finish_inuse, 1, "wait for the first")}), kWaitsForTheFirst}, .control = true},
      {.name = "deferred_work_forgotten", .says = "the finish pass takes for granted that the first pass has zapped", .rule = "ORD-10",
       .scenario = "deferred", .edits = {replace("finish", "submitted?", {jump("wait")})},
       .implied = {"ORD-12", "ORD-20", "ORD-24"}},
      {.name = "sequence_stored_in_the_finish", .says = "the sequence is stored in the finish pass, not in the first", .rule = "SEQ-01",
       .scenario = "remap", .edits = {drop("start", "set_seq"), insert_before("finish", "submitted?", {set_seq()})},
       .implied = {"ORD-12", "ORD-24"}},
  };
  return p;
}

}  // namespace mirrorscope::model
