// SPDX-License-Identifier: Apache-2.0
// The form that i915's userptr had before: pages are pinned all the same, and the callback waits for what was submitted with them.
//
// What differs from that kernel: there the callback of a process that exits does not wait.
#include "driver-model/profiles/i915_userptr.h"

namespace mirrorscope::model {

namespace {
using namespace i915;
constexpr u8 notifier_lock = 2;  // i915->mm.notifier_lock, a rwlock

// eb_move_to_gpu(): the request's fence is there before the question is asked, under the lock that the callback takes for writing
const Program kSubmit = program("execbuffer", {
    label("again"),
    call("userptr_submit_init"),
    if_failed("fault"),
    lock(object),
    if_var(page_ref, 0, "not now"),
    if_mapped(gpu, "bound"),
    dev_map(gpu, bo, writes, shared_tok(notifier_seq), pvec),
    label("bound"),
    at("gate", lock_read(notifier_lock)),
    at("done", if_retry(bo, "invalidated", shared_tok(notifier_seq))),
    says(Says::job_begin, gpu, bo),
    dma_begin(gpu, "invalidated"),
    unlock(notifier_lock),
    unlock(object),
    dma_access(),
    dma_end(),
    says(Says::job_end, gpu, bo),
    label("fault"),
    end(),
    label("invalidated"),
    unlock(notifier_lock),
    label("not now"),
    unlock(object),
    jump("again"),
});

const Program kInvalidate = program("i915_gem_userptr_invalidate", {
    if_nonblock("refuse"),
    at("exclude", lock(notifier_lock)),
    set_seq(),
    at("excluded", unlock(notifier_lock)),
    at("wait", drain(gpu)),  // dma_resv_wait_timeout(..., DMA_RESV_USAGE_BOOKKEEP, ...)
    ret_true(),
    label("refuse"),
    ret_false(),
});

std::vector<ThreadDef> submits_against(std::string_view environment) {
  return {{"submitter", "execbuffer", 0, 1}, {"process", environment, 0, 1}};
}
}  // namespace

Profile profile_i915_userptr_waits() {
  Profile p;
  p.name = "i915_userptr_waits";
  p.mirrors = "drivers/gpu/drm/i915/gem/i915_gem_userptr.c of Linux 6.x, i915_gem_userptr_invalidate(): dma_resv_wait_timeout()";
  p.says = "pins its pages, and waits in the callback for what was submitted: no access to an old page outlives the start";
  p.driver.programs = {submit_init(), kSubmit, close(), kInvalidate};
  p.driver.subs = {{.lo = 0, .hi = 1, .invalidate = "i915_gem_userptr_invalidate", .finish = {}}};
  p.driver.devices = {{.sub = bo, .discipline = MS_discipline_fence}};
  p.driver.lock_kinds = {{notifier_lock, MS_lock_kind_user}, {object, MS_lock_kind_reservation}};
  // pins_may_go_stale is not needed: the device never sees what the process does not
  p.scenarios = {
      {.name = "remap", .threads = submits_against("remap_fixed")},
      {.name = "two", .threads = {{"submitter 1", "execbuffer", 0, 1}, {"submitter 2", "execbuffer", 0, 1},
                                  {"process", "dontneed_touch", 0, 1}}},
      {.name = "fork", .threads = submits_against("fork_write")},
      {.name = "mrelease", .threads = submits_against("process_mrelease")},
  };
  p.mutants = {
      {.name = "does_not_wait", .says = "the callback returns while the GPU works (as it does since: there the discipline is another)",
       .rule = "ORD-21", .scenario = "remap", .edits = {drop("i915_gem_userptr_invalidate", "wait")}, .implied = {"ORD-20"}},
      {.name = "asks_outside_lock", .says = "asks before it takes the lock", .rule = "SEQ-13", .scenario = "remap",
       .edits = {swap("execbuffer", "gate", "done"), replace("execbuffer", "done", {at("done", if_retry(bo, "not now", shared_tok(notifier_seq)))})},
       .implied = {"ORD-24", "REG-06"}},
      {.name = "callback_takes_no_lock", .says = "stores the sequence without the lock, and waits: work that is being armed slips through",
       .rule = "REG-06", .scenario = "remap",
       .edits = {drop("i915_gem_userptr_invalidate", "exclude"), drop("i915_gem_userptr_invalidate", "excluded")},
       .implied = {"ORD-20", "ORD-21", "ORD-24", "SEQ-13"}},
  };
  return p;
}

}  // namespace mirrorscope::model
