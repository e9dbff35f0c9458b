// SPDX-License-Identifier: Apache-2.0
// nouveau's SVM: a temporary interval notifier per fault only says whether the look-up collided; the unmap is in an mmu_notifier of the
// whole mm, which the kernel calls behind the tree ("very hacky", nouveau_svm_range_invalidate()).
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 svmm_mutex = 1;
constexpr u8 gpu = 0, temporary = 0, temporary2 = 1;
constexpr u8 kUs = 1;  // owner: drm->dev

// nouveau_svm_fault(), nouveau_range_fault(); then the GPU replays its access
std::vector<Instr> fault(u8 sub) {
  return {
      says(Says::fault, gpu, sub),
      at("insert", sub_insert(sub)),
      label("again"),
      at("begin", read_begin(sub)),
      lock_read(mmap_lock),
      range_fault(sub, writes, 0, own_pfns, kUs),
      unlock(mmap_lock),
      if_ret(EBUSY, "again"),
      if_failed("out"),
      lock(svmm_mutex),
      at("check", if_retry(sub, "collided")),
      at("commit", dev_map(gpu, sub)),
      unlock(svmm_mutex),
      label("out"),
      at("remove", sub_remove(sub)),
      says(Says::fault_done, gpu, sub),
      dma_begin(gpu, "gone"),
      dma_access(),
      dma_end(),
      label("gone"),
      end(),
      label("collided"),
      unlock(svmm_mutex),
      jump("again"),
  };
}

// nouveau_svm_range_invalidate()
const Program kRangeInvalidate = program("nouveau_svm_range_invalidate", {
    if_nonblock("try"),
    lock(svmm_mutex),
    jump("locked"),
    label("try"),
    trylock(svmm_mutex, "refuse"),
    label("locked"),
    set_seq(),
    unlock(svmm_mutex),
    ret_true(),
    label("refuse"),
    ret_false(),
});

// nouveau_svmm_invalidate_range_start(), nouveau_svmm_invalidate(): PFNCLR waits for the GPU
const Program kInvalidate = program("nouveau_svmm_invalidate_range_start", {
    if_nonblock("refuse"),
    lock(svmm_mutex),
    if_owner(kUs, "ours"),
    at("zap", dev_unmap(gpu, no_sub)),
    drain(gpu),
    label("ours"),
    unlock(svmm_mutex),
    end(),
    label("refuse"),
    ret_false(),
});
}  // namespace

Profile profile_nouveau_svm() {
  Profile p;
  p.name = "nouveau_svm";
  p.mirrors = "drivers/gpu/drm/nouveau/nouveau_svm.c";
  p.says = "a temporary interval notifier per fault, and the unmap in an mmu_notifier that is called behind it";
  p.driver.programs = {program("fault", fault(temporary)), program("fault 2", fault(temporary2)), kRangeInvalidate, kInvalidate};
  p.driver.subs = {{.lo = 0, .hi = 1, .invalidate = "nouveau_svm_range_invalidate", .finish = {}, .inserted = false},
                   {.lo = 0, .hi = 1, .invalidate = "nouveau_svm_range_invalidate", .finish = {}, .inserted = false}};
  p.driver.lists = {{.start = "nouveau_svmm_invalidate_range_start", .end = {}, .release = {}}};
  p.driver.devices = {{.sub = no_sub, .owner = kUs}};
  auto fault_against = [](std::string_view environment) {
    return std::vector<ThreadDef>{{"gpu", "fault", 0, 1}, {"process", environment, 0, 1}};
  };
  p.scenarios = {
      {.name = "remap", .threads = fault_against("remap_fixed")},
      {.name = "dontneed", .threads = fault_against("dontneed_touch")},
      {.name = "reclaim", .threads = fault_against("swap_in")},
      {.name = "fork", .threads = fault_against("fork_write")},
      {.name = "compaction", .threads = fault_against("compaction")},
      {.name = "two", .threads = {{"gpu 1", "fault", 0, 1}, {"gpu 2", "fault 2", 0, 1}, {"process", "dontneed", 0, 1}}},
  };
  p.mutants = {
      {.name = "skip_read_retry", .says = "maps what it looked up without asking whether it still stands", .rule = "SEQ-04",
       .scenario = "remap", .edits = {drop("fault", "check")}, .implied = mapped_too_late},
      {.name = "remove_before_commit", .says = "the temporary notifier is gone when its pages are mapped", .rule = "SEQ-04",
       .scenario = "remap", .edits = {move_before("fault", "remove", "lock"), drop("fault", "check")}, .implied = mapped_too_late},
      {.name = "insert_not_waited_for", .says = "takes the sequence of a notifier whose insertion is deferred, and waits for nothing",
       .rule = "SEQ-09", .scenario = "dontneed", .edits = {replace("fault", "begin", {at("begin", peek_seq(temporary))})},
       .implied = mapped_too_late},
      {.name = "list_does_not_unmap", .says = "both callbacks leave the unmap to the other", .rule = "ORD-10", .scenario = "remap",
       .edits = {drop("nouveau_svmm_invalidate_range_start", "zap")}, .implied = kept_too_long},
      {.name = "list_does_not_drain", .says = "the GPU is not waited for", .rule = "ORD-20", .scenario = "remap",
       .edits = {drop("nouveau_svmm_invalidate_range_start", "drain")}},
      {.name = "range_does_not_set_seq", .says = "the temporary notifier does not say that it was met", .rule = "SEQ-01",
       .scenario = "remap", .edits = {drop("nouveau_svm_range_invalidate", "set_seq")}, .implied = mapped_too_late},
  };
  return p;
}

}  // namespace mirrorscope::model
