// SPDX-License-Identifier: Apache-2.0
// A userptr object of i915: a cache of one registration. Its pages are pinned; the callback stores the sequence and nothing else, and
// each submission asks twice whether what is cached still stands.
//
// An invalidation that comes behind the second question leaves the GPU with the old page: it is pinned, so nobody else gets it.
#include "driver-model/profiles/i915_userptr.h"

namespace mirrorscope::model {

namespace {
using namespace i915;

// i915_gem_do_execbuffer(): eb_lookup_vmas(), eb_validate_vmas(), eb_move_to_gpu(); then the GPU
const Program kSubmit = program("execbuffer", {
    label("again"),
    call("userptr_submit_init"),
    if_failed("fault"),
    lock(object),
    if_var(page_ref, 0, "not now"),  // get_pages() says -EAGAIN
    if_mapped(gpu, "bound"),
    at("bind", dev_map(gpu, bo, writes, shared_tok(notifier_seq), pvec)),
    label("bound"),
    at("done", if_retry(bo, "not now", shared_tok(notifier_seq))),  // i915_gem_object_userptr_submit_done()
    says(Says::job_begin, gpu, bo),
    dma_begin(gpu, "not now"),
    unlock(object),
    dma_access(),
    dma_end(),
    says(Says::job_end, gpu, bo),
    label("fault"),
    end(),
    label("not now"),
    unlock(object),
    jump("again"),
});

const Program kInvalidate = program("i915_gem_userptr_invalidate", {set_seq(), ret_true()});

// Processes that do one thing behind the other
const Program kReuse = program("submit, remap, submit", {call("execbuffer"), call("remap_fixed"), call("execbuffer"), call("gem_close"), end()});
const Program kTwice = program("submit twice", {call("execbuffer"), call("execbuffer"), end()});
const Program kLife = program("clean, submit and close", {call("writeback"), call("execbuffer"), call("gem_close"), end()});
const Program kValidate = program("validate, then submit", {call("userptr_submit_init"), await_thread(1), call("execbuffer"), end()});

std::vector<ThreadDef> submits_against(std::string_view environment) {
  return {{"submitter", "execbuffer", 0, 1}, {"process", environment, 0, 1}};
}
}  // namespace

Profile profile_i915_userptr() {
  Profile p;
  p.name = "i915_userptr";
  p.mirrors = "drivers/gpu/drm/i915/gem/i915_gem_userptr.c, i915_gem_userptr_invalidate(), i915_gem_object_userptr_submit_init(), "
              "i915_gem_object_userptr_submit_done(); i915_gem_execbuffer.c, eb_move_to_gpu()";
  p.says = "pins its pages and keeps them until a submission finds that the sequence has gone on";
  p.driver.programs = {submit_init(), kSubmit, close(), kInvalidate, kReuse, kTwice, kLife, kValidate};
  p.driver.subs = {{.lo = 0, .hi = 2, .invalidate = "i915_gem_userptr_invalidate", .finish = {}}};
  p.driver.devices = {{.sub = bo, .discipline = MS_discipline_pin}};
  p.driver.pins_may_go_stale = true;
  p.scenarios = {
      {.name = "remap", .threads = submits_against("remap_fixed")},
      {.name = "cached", .threads = {{"submitter", "submit twice", 0, 1}, {"process", "remap_fixed", 0, 1}}},
      {.name = "two", .threads = {{"submitter 1", "execbuffer", 0, 1}, {"submitter 2", "execbuffer", 0, 1},
                                  {"process", "dontneed_touch", 0, 1}}},
      {.name = "fork", .threads = submits_against("fork_write")},
      {.name = "exit", .threads = submits_against("exit_mm")},
      {.name = "reclaim", .threads = {{"submitter", "clean, submit and close", 0, 1}, {"reclaim", "swap_in", 0, 1}},
       .tears_down = true},
      {.name = "reuse", .threads = {{"process", "submit, remap, submit", 0, 1}, {"another", "dontneed_touch", 1, 2}}, .exact = true,
       .tears_down = true},
      {.name = "validate", .threads = {{"submitter", "validate, then submit", 0, 1}, {"process", "remap_fixed", 0, 1}}, .exact = true},
  };
  p.mutants = {
      {.name = "cached_for_ever", .says = "what is cached is used whatever the sequence says", .rule = "REG-06", .scenario = "reuse",
       .edits = {drop("userptr_submit_init", "same"), drop("execbuffer", "done")}},
      {.name = "not_asked_when_done", .says = "what was pinned is not asked for again before the submission", .rule = "REG-06",
       .scenario = "cached", .edits = {drop("execbuffer", "done")}, .oracle = Oracle::harmless,
       .why = "the page is pinned: the job is as good as one that was submitted before the invalidation"},
      {.name = "not_idle", .says = "pages are unpinned while the GPU uses them", .rule = "REG-07", .scenario = "two",
       .edits = {drop("userptr_submit_init", "idle")}},
      {.name = "unpinned_while_bound", .says = "pages are unpinned before the object is unbound (7938d61591d3)", .rule = "REG-07",
       .scenario = "two", .edits = {move_before("userptr_submit_init", "drop", "idle")}},
      {.name = "keeps_and_gives_back", .says = "the way out unpins what the object keeps", .rule = "REG-01", .scenario = "reuse",
       .edits = {replace("userptr_submit_init", "keep", {unpin(own_pfns, false)})}},
      {.name = "collision_leaks", .says = "the way out after a collision forgets its pins (9f76b039a72d)", .rule = "REG-18",
       .scenario = "reclaim", .edits = {drop("userptr_submit_init", "give back")}},
      {.name = "not_dirtied", .says = "pages are unpinned and nobody marks them dirty", .rule = "REG-08", .scenario = "reclaim",
       .edits = {replace("gem_close", "dirty", {unpin(pvec, false)})}, .oracle = Oracle::harmless,
       .why = "the pin for writing marked it dirty, and here nobody cleans a pinned page"},
      {.name = "first_question_alone", .says = "the read_retry of submit_init is left out: submit_done asks the same", .rule = {},
       .scenario = "cached", .edits = {drop("userptr_submit_init", "check")}, .control = true},
      {.name = "never_valid_sequence", .says = "writes a sequence that is never valid where it wants to look its pages up anew", .rule = {},
       .scenario = "cached", .edits = {insert_before("userptr_submit_init", "same", {copy_tok(invalid_tok, shared_tok(notifier_seq))})},
       .control = true},
  };
  return p;
}

}  // namespace mirrorscope::model
