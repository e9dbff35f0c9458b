// SPDX-License-Identifier: Apache-2.0
// drm_gpusvm as xe uses it: one wide notifier over two ranges; a range's pages are valid as long as a flag under the notifier lock says so,
// and a range that met an UNMAP is collected and never used again.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 vm_lock = 2, notifier_lock = 1;
constexpr u8 gpu = 0, notifier = 0;
// Of range 0 = pages [0, 1) and range 1 = [1, 2): does drm_gpusvm_range_pages_valid() say yes, has it met an unmap?
constexpr u8 valid0 = 0, unmapped0 = 2;

Instr range_says(u8 verb) { return says(Says::svm_range, gpu, notifier, writes, verb); }

// xe_svm_handle_pagefault(): garbage collector, find_or_insert, drm_gpusvm_get_pages(), bind
std::vector<Instr> fault(u8 range) {
  const u8 valid = static_cast<u8>(valid0 + range), unmapped = static_cast<u8>(unmapped0 + range);
  return {
      lock(vm_lock),
      range_says(MS_svm_verb_created),
      label("retry"),
      if_var(unmapped, 1, "collect"),  // xe_svm_garbage_collector()
      label("get pages"),
      at("begin", read_begin(notifier)),
      lock_read(mmap_lock),
      range_fault(notifier),
      unlock(mmap_lock),
      if_ret(EBUSY, "get pages"),
      if_failed("gone"),
      at("lock pages", lock_read(notifier_lock)),
      at("unmapped?", if_var(unmapped, 1, "unmapped")),
      at("check", if_retry(notifier, "collided")),
      at("valid", set_var(valid, 1)),  // flags.has_dma_mapping
      at("unlock pages", unlock(notifier_lock)),
      range_says(MS_svm_verb_get_pages),
      // xe_pt_svm_userptr_pre_commit(): the last look, in the same section as the commit
      at("lock bind", lock_read(notifier_lock)),
      at("pages valid", unless_var(valid, 1, "collided")),
      at("said valid", says(Says::revalidated, gpu, no_sub)),
      at("said pages valid", range_says(MS_svm_verb_pages_valid)),
      at("bind", dev_map(gpu, notifier)),
      at("unlock bind", unlock(notifier_lock)),
      unlock(vm_lock),
      dma_begin(gpu, "out"),
      dma_access(),
      dma_end(),
      label("out"),
      end(),
      label("collided"),
      unlock(notifier_lock),
      jump("get pages"),
      label("unmapped"),
      unlock(notifier_lock),
      label("collect"),
      range_says(MS_svm_verb_removed),
      set_var(unmapped, 0),
      range_says(MS_svm_verb_created),
      jump("get pages"),
      label("gone"),
      unlock(vm_lock),
      end(),
  };
}

// drm_gpusvm_notifier_invalidate(), xe_svm_invalidate(): zap, flush, wait; then the pages of every range that is met
std::vector<Instr> invalidate() {
  return {
      if_nonblock("refuse"),
      lock(notifier_lock),
      set_seq(),
      at("zap", dev_unmap(gpu)),
      drain(gpu),
      unless_meets(0, 1, "range 1"),
      at("unmap pages 0", call("unmap pages 0")),
      unless_reason(MS_reason_unmap, "range 1"),
      at("set unmapped 0", call("set unmapped 0")),
      label("range 1"),
      unless_meets(1, 2, "done"),
      at("unmap pages 1", call("unmap pages 1")),
      unless_reason(MS_reason_unmap, "done"),
      at("set unmapped 1", call("set unmapped 1")),
      label("done"),
      unlock(notifier_lock),
      ret_true(),
      label("refuse"),
      ret_false(),
  };
}

// drm_gpusvm_range_unmap_pages(), drm_gpusvm_range_set_unmapped()
Program unmap_pages(u8 range) {
  return program(range ? "unmap pages 1" : "unmap pages 0", {clip(range, static_cast<u8>(range + 1)), set_var(static_cast<u8>(valid0 + range), 0),
                                                             range_says(MS_svm_verb_unmap_pages), end()});
}
Program set_unmapped(u8 range) {
  return program(range ? "set unmapped 1" : "set unmapped 0",
                 {clip(range, static_cast<u8>(range + 1)), set_var(static_cast<u8>(unmapped0 + range), 1),
                  range_says(MS_svm_verb_set_unmapped), end()});
}
// drm_gpusvm_fini() of a process that lives on. xe_vm_close_and_put() has stopped the GPU by then: what is left of translations is not used,
// so that the notifier may go first.
Program fini() {
  return program("fini", {
      await_thread(0),
      lock(vm_lock),
      at("stop", drain(gpu)),
      sub_remove(notifier),
      dev_unmap(gpu, no_sub),
      at("removed", range_says(MS_svm_verb_removed)),
      unlock(vm_lock),
      end(),
  });
}
}  // namespace

Profile profile_gpusvm() {
  Profile p;
  p.name = "gpusvm";
  p.mirrors = "drivers/gpu/drm/drm_gpusvm.c, drivers/gpu/drm/xe/xe_svm.c, xe_pt.c";
  p.says = "wide notifiers over ranges, whose pages are valid by a flag under the notifier lock";
  p.driver.programs = {program("fault 0", fault(0)), program("fault 1", fault(1)), program("invalidate", invalidate()), unmap_pages(0),
                       unmap_pages(1), set_unmapped(0), set_unmapped(1), fini()};
  p.driver.subs = {{.lo = 0, .hi = 4, .invalidate = "invalidate", .finish = {}}};
  p.driver.devices = {{.sub = notifier, .wide = true}};
  p.driver.lock_kinds = {{vm_lock, MS_lock_kind_ranges}};
  auto fault_against = [](std::string_view environment) {
    return std::vector<ThreadDef>{{"gpu", "fault 0", 0, 1}, {"process", environment, 0, 1}};
  };
  p.scenarios = {
      {.name = "remap", .threads = fault_against("remap_fixed")},
      {.name = "neighbour", .threads = {{"gpu", "fault 0", 0, 1}, {"process", "dontneed_touch", 1, 2}}},
      {.name = "two", .threads = {{"gpu 0", "fault 0", 0, 1}, {"gpu 1", "fault 1", 1, 2}, {"process", "dontneed", 0, 2}}},
      {.name = "reclaim", .threads = fault_against("swap_in")},
      {.name = "fork", .threads = fault_against("fork_write")},
      {.name = "fini", .threads = {{"gpu", "fault 0", 0, 1}, {"file", "fini", 0, 1}, {"process", "dontneed", 0, 1}}, .tears_down = true},
      {.name = "mprotect", .threads = fault_against("mprotect_ro")},
  };
  p.mutants = {
      {.name = "bind_without_pages_valid", .says = "binds what it got without a last look at the range", .rule = "SEQ-10", .scenario = "remap",
       .edits = {drop("fault 0", "pages valid"), drop("fault 0", "said valid"), drop("fault 0", "said pages valid")}, .implied = {"LOCK-04", "SVM-01", "ORD-11", "ORD-12", "ORD-24"}},
      {.name = "pages_valid_outside_lock", .says = "looks, unlocks, locks again and binds", .rule = "SVM-01", .scenario = "remap",
       .edits = {insert_before("fault 0", "bind", {unlock(notifier_lock), lock_read(notifier_lock)})}, .implied = {"LOCK-04", "SEQ-10", "ORD-11", "ORD-12", "ORD-24"}},
      {.name = "callback_skips_unmap_pages", .says = "the callback zaps and leaves the range's pages valid", .rule = "SVM-02", .scenario = "remap",
       .edits = {drop("invalidate", "unmap pages 0")}, .implied = mapped_too_late},
      {.name = "callback_zaps_first_page_only", .says = "of a range that met two pages only the first is zapped", .rule = "ORD-10",
       .scenario = "two", .edits = {insert_before("invalidate", "zap", {narrow(only_first)})}, .implied = {"SVM-02", "ORD-11", "ORD-12", "ORD-24"}},
      {.name = "fini_while_the_gpu_runs", .says = "the notifier is removed while the GPU still faults and uses its ranges", .rule = "LIF-06",
       .scenario = "fini", .edits = {drop("fini", "await_thread"), drop("fini", "stop")},
       .implied = {"HMM-02", "ORD-11", "ORD-12", "ORD-24", "ORD-26", "SEQ-02", "SEQ-10"}},
      {.name = "callback_does_not_drain", .says = "the flush is not waited for", .rule = "ORD-20", .scenario = "remap",
       .edits = {drop("invalidate", "drain")}},
  };
  return p;
}

}  // namespace mirrorscope::model
