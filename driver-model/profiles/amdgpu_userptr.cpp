// SPDX-License-Identifier: Apache-2.0
// A userptr BO of amdgpu: its page table entries survive an invalidation, the work that may use them does not.
//
// Two things guard a submission, both under notifier_lock: the sequence of the pages it has looked up, and the VM's list of what has to
// be written to page tables anew, on which the callback puts the BO. A submission of the same VM that does not know the BO asks the
// list only. What differs from the kernel: whether the pages are the ones of the last time is told by the sequence they were looked up with.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 notifier_lock = 1, reservation = 2;
constexpr u8 vm = 0, bo = 0;
constexpr u8 needs_update = 0;  // vm->individual.needs_update is not empty
constexpr u8 pages_of = 1;      // the sequence that bo->tbo.ttm->pages were looked up with
constexpr u8 own_fences = 2;    // a mutant's

// amdgpu_cs_ioctl(): amdgpu_cs_parser_bos(), amdgpu_cs_vm_handling(), amdgpu_cs_submit(); then the GPU
const Program kSubmit = program("amdgpu_cs_ioctl", {
    label("again"),
    at("mmget", mmget("dead")),  // amdgpu_ttm_tt_get_user_pages()
    lock_read(mmap_lock),
    at("begin", read_begin(bo)),  // amdgpu_hmm_range_get_pages()
    range_fault(bo),
    unlock(mmap_lock),
    if_ret(EBUSY, "busy"),
    if_failed("gone"),
    mmput(),
    lock(reservation),
    if_tok_differs(0, shared_tok(pages_of), "new pages"),  // user_invalidated
    if_var(needs_update, 0, "is current"),
    label("new pages"),
    drain(vm),  // amdgpu_bo_move(): ttm_bo_wait_ctx()
    at("updated", set_var(needs_update, 0)),
    at("update", dev_map(vm, bo)),  // amdgpu_vm_bo_update()
    copy_tok(0, shared_tok(pages_of)),
    label("is current"),
    at("gate", lock(notifier_lock)),
    at("valid", if_retry(bo, "collided")),  // amdgpu_hmm_range_valid()
    at("list", unless_var(needs_update, 0, "collided")),
    at("arm", says(Says::job_begin)),  // dma_resv_add_fence(), drm_sched_entity_push_job()
    dma_begin(vm, "collided"),
    unlock(notifier_lock),
    unlock(reservation),
    dma_access(),
    dma_end(),
    at("signal", says(Says::job_end)),
    end(),
    label("gone"),
    mmput(),
    label("dead"),
    end(),
    label("busy"),
    mmput(),
    jump("again"),
    label("collided"),
    unlock(notifier_lock),
    unlock(reservation),
    jump("again"),
});

// The same of a task whose BO list does not have this BO: the GPU reaches it all the same, the VM is one
const Program kSubmitOther = program("amdgpu_cs_ioctl without the BO", {
    lock(reservation),
    lock(notifier_lock),
    at("list", unless_var(needs_update, 0, "not now")),
    says(Says::job_begin),
    dma_begin(vm, "fault"),
    unlock(notifier_lock),
    unlock(reservation),
    dma_access(),
    dma_end(),
    says(Says::job_end),
    end(),
    label("fault"),
    says(Says::job_end),
    label("not now"),
    unlock(notifier_lock),
    unlock(reservation),
    end(),
});

const Program kBoth = program("one with, one without", {call("amdgpu_cs_ioctl"), call("amdgpu_cs_ioctl without the BO"), end()});

const Program kThree = program("two with, one without", {call("amdgpu_cs_ioctl"), call("amdgpu_cs_ioctl"),
                                                         call("amdgpu_cs_ioctl without the BO"), end()});

// amdgpu_hmm_invalidate_gfx()
const Program kInvalidate = program("amdgpu_hmm_invalidate_gfx", {
    at("blockable", if_nonblock("refuse")),
    lock(notifier_lock),
    set_seq(),
    at("moved", set_var(needs_update, 1)),  // amdgpu_vm_bo_invalidate()
    at("wait", drain(vm)),                  // dma_resv_wait_timeout(..., DMA_RESV_USAGE_BOOKKEEP, ...)
    unlock(notifier_lock),
    ret_true(),
    label("refuse"),
    ret_false(),
});

// What work does once it runs on what is gone.
const std::vector<std::string_view> kFollows{"ORD-12", "ORD-24", "REG-06"};
const std::vector<std::string_view> kInFlight{"ORD-12", "ORD-20", "ORD-24", "REG-06"};

std::vector<ThreadDef> submits_against(std::string_view environment) {
  return {{"submitter", "amdgpu_cs_ioctl", 0, 1}, {"process", environment, 0, 1}};
}
}  // namespace

Profile profile_amdgpu_userptr() {
  Profile p;
  p.name = "amdgpu_userptr";
  p.mirrors = "drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c, amdgpu_hmm_invalidate_gfx(), amdgpu_hmm_range_get_pages(); amdgpu_cs.c, "
              "amdgpu_cs_submit(); amdgpu_vm.c, amdgpu_vm_bo_invalidate()";
  p.says = "looks its pages up at each submission, and waits in the callback for the fences of what was submitted";
  p.driver.programs = {kSubmit, kSubmitOther, kBoth, kThree, kInvalidate};
  p.driver.subs = {{.lo = 0, .hi = 2, .invalidate = "amdgpu_hmm_invalidate_gfx", .finish = {}}};
  p.driver.devices = {{.sub = bo, .discipline = MS_discipline_fence}};
  p.driver.vars = {{needs_update, 1}};
  const std::vector<ThreadDef> two = {
      {"submitter 1", "amdgpu_cs_ioctl", 0, 1}, {"submitter 2", "amdgpu_cs_ioctl", 0, 1}, {"process", "dontneed_touch", 0, 1}};
  p.scenarios = {
      {.name = "remap", .threads = submits_against("remap_fixed")},
      {.name = "two", .threads = two},
      {.name = "one_vm", .threads = {{"submitter", "one with, one without", 0, 1}, {"process", "remap_fixed", 0, 1}}},
      {.name = "again", .threads = {{"submitter", "two with, one without", 0, 1}, {"process", "remap_fixed", 0, 1}}},
      {.name = "reclaim", .threads = submits_against("swap_in")},
      {.name = "fork", .threads = submits_against("fork_write")},
      {.name = "mrelease", .threads = submits_against("process_mrelease")},
      {.name = "exit", .threads = submits_against("exit_mm")},
  };
  p.mutants = {
      {.name = "not_validated", .says = "submits without asking whether its pages still stand", .rule = "SEQ-13", .scenario = "remap",
       .edits = {drop("amdgpu_cs_ioctl", "valid")}, .implied = kFollows},
      {.name = "validated_outside_lock", .says = "asks before it takes notifier_lock, and not for the list: an invalidation fits between",
       .rule = "SEQ-13", .scenario = "remap",
       .edits = {drop("amdgpu_cs_ioctl", "list"), swap("amdgpu_cs_ioctl", "gate", "valid"),
                 replace("amdgpu_cs_ioctl", "valid", {at("valid", if_retry(bo, "stale"))}),
                 insert_before("amdgpu_cs_ioctl", "collided", {label("stale"), unlock(reservation), jump("again")})},
       .implied = kFollows},
      {.name = "page_tables_not_marked", .says = "the callback does not put the BO on the list: its old entries are used on (1c824497d8ac)",
       .rule = "SEQ-13", .scenario = "one_vm", .edits = {drop("amdgpu_hmm_invalidate_gfx", "moved")}, .implied = kFollows},
      {.name = "vm_not_asked", .says = "a submission without the BO does not ask for the VM's list (40396ffdf612)", .rule = "SEQ-13",
       .scenario = "one_vm", .edits = {drop("amdgpu_cs_ioctl without the BO", "list")}, .implied = kFollows},
      {.name = "list_lost_on_a_signal", .says = "takes the BO off the list before it has new pages, and a signal ends the submission there",
       .rule = "SEQ-13", .scenario = "again",
       .edits = {insert_before("amdgpu_cs_ioctl", "mmget", {set_var(needs_update, 0), maybe("dead")})}, .implied = kFollows},
      {.name = "waits_own_fences", .says = "waits for the fences of those submissions only that have the BO (58bafc666c48)",
       .rule = "ORD-21", .scenario = "one_vm",
       .edits = {insert_before("amdgpu_cs_ioctl", "arm", {add_var(own_fences, 1)}), insert_after("amdgpu_cs_ioctl", "signal", {add_var(own_fences, -1)}),
                 replace("amdgpu_hmm_invalidate_gfx", "wait", {await_var(own_fences, 0)})},
       .implied = kInFlight},
      {.name = "does_not_wait", .says = "the callback returns while work is in flight", .rule = "ORD-21", .scenario = "remap",
       .edits = {drop("amdgpu_hmm_invalidate_gfx", "wait")}, .implied = kInFlight},
      {.name = "wait_interrupted", .says = "waits for fences until a signal comes, and returns true (amdxdna, aie2_ctx.c)",
       .rule = "ORD-21", .scenario = "remap",
       .edits = {insert_before("amdgpu_hmm_invalidate_gfx", "wait", {maybe("signal")}),
                 insert_after("amdgpu_hmm_invalidate_gfx", "wait", {label("signal")})},
       .implied = kInFlight},
      {.name = "refuses_blockable", .says = "returns false although it may block", .rule = "ORD-07", .scenario = "remap",
       .edits = {replace("amdgpu_hmm_invalidate_gfx", "blockable", {jump("refuse")})}, .implied = {"ORD-20", "ORD-21", "ORD-12"}},
      {.name = "list_under_lock", .says = "asks for the sequence before it takes notifier_lock: the list, asked under it, says the same", .rule = {},
       .scenario = "reclaim", .edits = {swap("amdgpu_cs_ioctl", "gate", "valid"),
                 replace("amdgpu_cs_ioctl", "valid", {at("valid", if_retry(bo, "stale"))}),
                 insert_before("amdgpu_cs_ioctl", "collided", {label("stale"), unlock(reservation), jump("again")})},
       .control = true},
  };
  return p;
}

}  // namespace mirrorscope::model
