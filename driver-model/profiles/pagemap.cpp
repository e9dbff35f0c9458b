// SPDX-License-Identifier: Apache-2.0
// drm_pagemap: a GPU fault moves a range into device memory, a CPU fault moves it back when its timeslice is over. One page: of each
// owner the model has one. A second device, of another owner, reaches none of it.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 notifier_lock = 1, vm_lock = 2;
constexpr u8 gpu = 0, peer = 1, notifier = 0, own = 1, foreign = 2;
enum Var : u8 { timeslice };  // devmem_allocation->timeslice_expiration is in the future

Instr memory(u8 verb) { return says(Says::devmem, gpu, notifier, writes, verb); }

// drm_gpusvm_get_pages() and the bind, as in gpusvm.cpp, for pages of both kinds
std::vector<Instr> map_and_use() {
  return {
      label("get pages"),
      read_begin(notifier),
      lock_read(mmap_lock),
      range_fault(notifier, writes, 0, own_pfns, own),
      unlock(mmap_lock),
      if_ret(EBUSY, "get pages"),
      if_failed("gone"),
      lock_read(notifier_lock),
      at("check", if_retry(notifier, "collided")),
      dev_map(gpu, notifier),
      unlock(notifier_lock),
      dma_begin(gpu, "gone"),
      dma_access(),
      dma_end(),
      label("gone"),
      says(Says::time_passes),
      set_var(timeslice, 0),
      unlock(vm_lock),
      mmput(),
      label("out"),
      end(),
      label("collided"),
      unlock(notifier_lock),
      jump("get pages"),
  };
}
std::vector<Instr> joined(std::vector<Instr> a, const std::vector<Instr>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// xe_svm_handle_pagefault(), drm_pagemap_migrate_to_devmem()
const Program kFault = program("fault", joined({
    mmget("out"),
    lock(vm_lock),
    lock_read(mmap_lock),
    memory(MS_devmem_verb_created),
    call("migrate_vma_to_device"),
    at("nothing?", if_failed("not migrated")),
    migrate_alloc(to_device),  // ops->populate_devmem_pfn()
    copy_map(),
    copy_begin(),
    at("copied", copy_end()),
    at("unmapped", copy_unmap()),
    set_var(timeslice, 1),
    at("pages", migrate_pages()),
    at("finalize", migrate_finalize()),
    unlock(mmap_lock),
    jump("get pages"),
    label("not migrated"),
    at("consumed", memory(MS_devmem_verb_put)),  // drm_pagemap_zdd_put()
    memory(MS_devmem_verb_released),
    unlock(mmap_lock),
}, map_and_use()));

// A range that stays where it is
const Program kFaultInPlace = program("fault in place", joined({mmget("out"), lock(vm_lock)}, map_and_use()));

// A range of two pages, drm_gpusvm_get_pages() without allow_mixed: -EOPNOTSUPP if one is the device's and the other the system's, and
// drm_gpusvm_range_evict(), which looks them up as nobody's
const Program kFaultBoth = program("fault both", {
    mmget("out"),
    lock(vm_lock),
    label("get pages"),
    read_begin(notifier),
    lock_read(mmap_lock),
    range_fault(notifier, writes, 0, own_pfns, own),
    unlock(mmap_lock),
    if_ret(EBUSY, "get pages"),
    if_failed("gone"),
    lock_read(notifier_lock),
    if_retry(notifier, "collided"),
    at("mixed?", if_mixed(own_pfns, "evict")),
    says(Says::svm_range, gpu, notifier, writes, MS_svm_verb_get_pages),
    dev_map(gpu, notifier),
    unlock(notifier_lock),
    dma_begin(gpu, "gone"),
    dma_access(),
    dma_end(),
    label("gone"),
    unlock(vm_lock),
    mmput(),
    label("out"),
    end(),
    label("evict"),
    unlock(notifier_lock),
    says(Says::svm_range, gpu, notifier, writes, MS_svm_verb_get_pages),
    read_begin(notifier),
    lock_read(mmap_lock),
    at("evict range", range_fault(notifier, reads)),
    unlock(mmap_lock),
    at("evicted", says(Says::svm_range, gpu, notifier, writes, MS_svm_verb_evict)),
    jump("get pages"),
    label("collided"),
    unlock(notifier_lock),
    jump("get pages"),
});

// A device of another owner: to it a page in device memory is one that has to come back first (mm/hmm.c, hmm_vma_handle_pte())
const Program kPeerFault = program("peer fault", {
    mmget("out"),
    label("again"),
    read_begin(notifier),
    lock_read(mmap_lock),
    at("look up", range_fault(notifier, writes, 0, own_pfns, foreign)),
    unlock(mmap_lock),
    if_ret(EBUSY, "again"),
    if_failed("gone"),
    lock_read(notifier_lock),
    if_retry(notifier, "collided", 0, peer),
    dev_map(peer, notifier),
    unlock(notifier_lock),
    dma_begin(peer, "gone"),
    dma_access(),
    dma_end(),
    label("gone"),
    mmput(),
    label("out"),
    end(),
    label("collided"),
    unlock(notifier_lock),
    jump("again"),
});

// A job that was submitted before
const Program kAccess = program("access", {dma_begin(gpu, "out"), dma_access(), dma_end(), label("out"), end()});

// __drm_pagemap_migrate_to_ram(). Before the timeslice is over it returns 0 and the CPU faults again, which is to wait.
const Program kToRam = program("migrate_to_ram", {
    at("expired?", await_var(timeslice, 0)),
    call("migrate_vma_to_ram"),
    if_failed("out"),
    memory(MS_devmem_verb_to_system),
    migrate_alloc(to_ram),
    copy_map(),
    copy_begin(),
    at("copied", copy_end()),
    at("unmapped", copy_unmap()),
    at("pages", migrate_pages()),
    at("finalize", migrate_finalize()),
    label("out"),
    end(),
});

// drm_gpusvm_notifier_invalidate(), which leaves no migration out, its own or another's
const Program kInvalidate = program("invalidate", {
    if_nonblock("refuse"),
    lock(notifier_lock),
    set_seq(),
    at("zap", dev_unmap(gpu)),
    at("wait", drain(gpu)),
    dev_unmap(peer),
    drain(peer),
    label("skip"),
    unlock(notifier_lock),
    label("leave"),
    ret_true(),
    label("refuse"),
    ret_false(),
});
}  // namespace

Profile profile_pagemap() {
  Profile p;
  p.name = "pagemap";
  p.mirrors = "drivers/gpu/drm/drm_pagemap.c, drm_pagemap_migrate_to_devmem(), __drm_pagemap_migrate_to_ram()";
  p.says = "moves a range to device memory on a fault of the GPU, and back on one of the CPU when its timeslice is over";
  p.driver.programs = {kFault, kFaultInPlace, kFaultBoth, kPeerFault, kAccess, kToRam, kInvalidate};
  p.driver.subs = {{.lo = 0, .hi = 4, .invalidate = "invalidate", .finish = {}}};
  p.driver.devices = {{.sub = notifier, .owner = own}, {.sub = notifier, .owner = foreign}};
  p.driver.lock_kinds = {{vm_lock, MS_lock_kind_ranges}};
  p.scenarios = {
      {.name = "cpu_touch", .threads = {{"gpu", "fault", 0, 1}, {"process", "cpu_write", 0, 1}}, .pages = 1},
      {.name = "in_place", .threads = {{"gpu 1", "fault", 0, 1}, {"gpu 2", "fault in place", 0, 1}, {"job", "access", 0, 1}}, .pages = 1},
      {.name = "mixed", .threads = {{"gpu 1", "fault", 0, 1}, {"gpu 2", "fault both", 0, 2}}},
      {.name = "peer", .threads = {{"gpu", "fault", 0, 1}, {"peer", "peer fault", 0, 1}}, .pages = 1},
      {.name = "dontneed", .threads = {{"gpu", "fault", 0, 1}, {"process", "dontneed", 0, 1}}, .pages = 1},
      {.name = "munmap", .threads = {{"gpu", "fault", 0, 1}, {"process", "munmap", 0, 1}}, .pages = 1},
      {.name = "reclaim", .threads = {{"gpu", "fault", 0, 1}, {"kswapd", "reclaim", 0, 1}}, .pages = 1},
      {.name = "fork", .threads = {{"gpu", "fault", 0, 1}, {"process", "fork_write", 0, 1}}, .pages = 1},
      {.name = "exit", .threads = {{"gpu", "fault", 0, 1}, {"process", "exit_mm", 0, 1}}, .pages = 1},
  };
  p.mutants = {
      {.name = "own_migration_left_out", .says = "the callback does nothing for a migration that names its own owner", .rule = "MIG-07",
       .scenario = "in_place", .edits = {insert_before("invalidate", "lock", {if_owner(own, "leave")})}, .implied = {"ORD-12", "ORD-24"}},
      {.name = "own_migration_keeps_translations", .says = "the callback stores the sequence of its own migration and unmaps nothing",
       .rule = "MIG-07", .scenario = "in_place", .edits = {insert_before("invalidate", "zap", {if_owner(own, "skip")})}, .implied = {"ORD-12", "ORD-24"}},
      {.name = "mixed_pages", .says = "takes a range of which one page is the device's and one the system's", .rule = "SVM-06",
       .scenario = "mixed", .edits = {drop("fault both", "mixed?")}, .oracle = Oracle::harmless,
       .why = "the model's device reaches both; a real one binds a range to one memory"},
      {.name = "retried_without_evicting", .says = "tries a range of two kinds twice more, evicts nothing, and gives up", .rule = "SVM-16",
       .scenario = "mixed",
       .edits = {drop("fault both", "evict range"), drop("fault both", "evicted"), replace("fault both", "jump", {count_to(2, "get pages"), jump("gone")})},
       .oracle = Oracle::harmless, .why = "the fault of the GPU fails"},
      {.name = "timeslice_cut", .says = "a CPU fault takes the memory back at once", .rule = "SVM-08", .scenario = "cpu_touch",
       .edits = {drop("migrate_to_ram", "expired?")}, .oracle = Oracle::harmless, .why = "the page goes to and fro, and is always in one place"},
      {.name = "timeslice_spun_through", .says = "the timeslice is so long that the CPU faults again and again", .rule = "SVM-09", .scenario = "cpu_touch",
       .edits = {insert_before("migrate_to_ram", "expired?", {label("again"), if_var(timeslice, 0, "expired"), memory(MS_devmem_verb_deferred), count_to(16, "again")}),
                 insert_after("migrate_to_ram", "expired?", {label("expired")})},
       .oracle = Oracle::harmless, .why = "it gets through when the timeslice is over"},
      {.name = "owner_of_another", .says = "a device looks up with the owner of another, and is given its private pages", .rule = "P2P-05",
       .scenario = "peer", .edits = {replace("peer fault", "look up", {range_fault(notifier, writes, 0, own_pfns, own)})},
       .oracle = Oracle::harmless, .why = "the model's devices reach each other's memory"},
      {.name = "retried_without_finalize", .says = "begins a migration anew without having finalized it", .rule = "MIG-01",
       .scenario = "cpu_touch", .edits = {insert_before("fault", "pages", {call("migrate_vma_to_device")})}, .implied = {"MIG-05"}},
      {.name = "finalized_twice", .says = "finalizes a migration again", .rule = "MIG-01",
       .scenario = "cpu_touch", .edits = {insert_after("fault", "finalize", {migrate_finalize()})}, .oracle = Oracle::harmless,
       .why = "in the model the slots are empty the second time"},
      {.name = "finalized_before_copied", .says = "the copy to the device is waited for behind migrate_vma_finalize()", .rule = "MIG-06",
       .scenario = "cpu_touch", .edits = {drop("fault", "copied"), insert_after("fault", "finalize", {copy_end()})},
       .implied = {"SVM-12"}, .oracle = Oracle::harmless, .why = "the modelled copy has all when it begins"},
      {.name = "copied_back_late", .says = "the copy to the system is waited for behind migrate_vma_finalize()", .rule = "MIG-06",
       .scenario = "cpu_touch", .edits = {drop("migrate_to_ram", "copied"), insert_after("migrate_to_ram", "finalize", {copy_end()})},
       .implied = {"SVM-12"}, .oracle = Oracle::harmless, .why = "the modelled copy has all when it begins"},
      {.name = "copy_callback_does_not_wait", .says = "the copy is waited for when the bus addresses are gone that it reads from", .rule = "SVM-12",
       .scenario = "cpu_touch", .edits = {swap("fault", "copied", "unmapped")},
       .oracle = Oracle::harmless, .why = "there is no IOMMU in the model: a real copy faults, or reads what has that address by then"},
      {.name = "copy_to_ram_does_not_wait", .says = "the same on the way back: it writes to bus addresses that are gone", .rule = "SVM-12",
       .scenario = "cpu_touch", .edits = {swap("migrate_to_ram", "copied", "unmapped")},
       .oracle = Oracle::harmless, .why = "there is no IOMMU in the model: a real copy faults, or writes to what has that address by then"},
      {.name = "pages_not_moved", .says = "finalizes without migrate_vma_pages()", .rule = "MIG-03", .scenario = "cpu_touch",
       .edits = {drop("fault", "pages")}, .oracle = Oracle::harmless, .why = "in the model, migrate_vma_finalize() alone moves the page"},
      {.name = "reference_put_twice", .says = "the caller puts the device memory that a failed migration has consumed", .rule = "SVM-07",
       .scenario = "dontneed", .edits = {insert_after("fault", "consumed", {memory(MS_devmem_verb_put)})},
       .oracle = Oracle::harmless, .why = "the model does not count references of device memory"},
  };
  return p;
}

}  // namespace mirrorscope::model
