// SPDX-License-Identifier: Apache-2.0
// mlx5's implicit MR: a fault makes the child MR of its level-aligned part of the address space, with a notifier of its own; the callback
// that empties a child hands it to a worker, which destroys it.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 umem_mutex = 1, imr_mutex = 2, xa_lock = 3;  // of the child, of the parent, of its implicit_children
constexpr u8 child = 0;  // its notifier and its mkey
enum Var : u8 {
  slot,      // implicit_children: is the child in it?
  ksm,       // the parent's table: is the device sent to the child?
  usecount,  // faults that use the child
  destroy,   // the work is queued
};

// pagefault_implicit_mr(): implicit_get_child_mr() or the child that is there, pagefault_real_mr(), the parent's table
const Program kFault = program("fault", {
    lock(xa_lock, spins),
    if_var(slot, 1, "found"),
    unlock(xa_lock),
    at("insert", sub_insert(child)),  // ib_umem_odp_alloc_child()
    lock(xa_lock, spins),
    at("refcount 2", add_var(usecount, 1)),
    set_var(slot, 1),
    unlock(xa_lock),
    jump("again"),
    label("found"),
    at("refcount", add_var(usecount, 1)),
    unlock(xa_lock),
    label("again"),  // ib_umem_odp_map_dma_and_lock()
    at("begin", read_begin(child)),
    lock_read(mmap_lock),
    at("look up", range_fault(child, writes, 0, shared_pfns(child))),
    unlock(mmap_lock),
    if_ret(EBUSY, "again"),
    if_failed("update"),
    lock(umem_mutex),
    at("check", if_retry(child, "collided", 0, child)),
    dev_map(child, child, writes, 0, shared_pfns(child)),
    unlock(umem_mutex),
    label("update"),
    at("deref", add_var(usecount, -1)),
    // populate_ksm()
    lock(imr_mutex),
    unless_var(slot, 1, "updated"),
    set_var(ksm, 1),
    label("updated"),
    unlock(imr_mutex),
    unless_var(ksm, 1, "out"),
    narrow(only_first),
    dma_begin(child, "out"),
    dma_access(),
    dma_end(),
    label("out"),
    end(),
    label("collided"),
    unlock(umem_mutex),
    jump("again"),
});

// mlx5_ib_invalidate_range(), destroy_unused_implicit_child_mr()
const Program kInvalidate = program("invalidate", {
    if_nonblock("refuse"),
    lock(umem_mutex),
    set_seq(),
    mark_dirty(child),  // ib_umem_odp_unmap_dma_pages()
    at("zap", dev_unmap(child)),
    drain(child),
    clear_pfns(shared_pfns(child)),
    widen(),  // is anything of the whole child left?
    first_page(),
    label("next page"),
    if_mapped(child, "used").one(),
    next_page("next page"),
    lock(xa_lock, spins),
    at("cmpxchg", unless_var(slot, 1, "not ours")),
    at("take it out", set_var(slot, 0)),
    at("queue", add_var(destroy, 1)),
    label("not ours"),
    unlock(xa_lock),
    label("used"),
    unlock(umem_mutex),
    ret_true(),
    label("refuse"),
    ret_false(),
});

// free_implicit_child_mr_work(), mlx5_ib_dereg_mr(): ib_umem_odp_free()
const Program kWork = program("worker", {
    label("on"),
    await_var(destroy, 1),
    set_var(destroy, 0),
    at("wait for faults", await_var(usecount, 0)),  // mlx5r_deref_wait_odp_mkey()
    lock(imr_mutex),
    unless_var(ksm, 1, "updated"),
    set_var(ksm, 0),
    label("updated"),
    unlock(imr_mutex),
    lock(umem_mutex),
    mark_dirty(child),
    at("unmap", dev_unmap(child, child)),
    drain(child),
    unlock(umem_mutex),
    at("remove", sub_remove(child)),
    jump("on"),
});

const ThreadDef kWorker{"worker", "worker", 0, 2, true};
}  // namespace

Profile profile_odp_implicit() {
  Profile p;
  p.name = "odp_implicit";
  p.mirrors = "drivers/infiniband/hw/mlx5/odp.c, pagefault_implicit_mr(), mlx5_ib_invalidate_range(), free_implicit_child_mr_work()";
  p.says = "children with level-aligned notifiers, made by faults and destroyed by the callback that empties them";
  p.driver.programs = {kFault, kInvalidate, kWork};
  p.driver.subs = {{.lo = 0, .hi = 2, .invalidate = "invalidate", .finish = {}, .inserted = false}};
  p.driver.devices = {{.sub = 0}};
  p.scenarios = {
      {.name = "made_meanwhile", .threads = {{"nic", "fault", 0, 1}, {"process", "dontneed", 0, 1}, kWorker}},
      {.name = "remap", .threads = {{"nic", "fault", 0, 1}, {"process", "remap_fixed", 0, 1}, kWorker}, .pages = 1},
      {.name = "neighbour", .threads = {{"nic", "fault", 0, 2}, {"process", "dontneed", 1, 2}, kWorker}},
      {.name = "both", .threads = {{"nic", "fault", 0, 2}, {"process", "dontneed", 0, 2}, kWorker}},
      {.name = "emptied_twice",
       .threads = {{"nic", "fault", 0, 1}, {"process 1", "dontneed", 0, 1}, {"process 2", "dontneed", 0, 1}, kWorker},
       .pages = 1},
  };
  p.mutants = {
      // bugs like these: CVE-2025-21714, then CVE-2025-21886 by its fix
      {.name = "destroyed_twice", .says = "a callback that finds the child empty destroys it, in the tree of children or not",
       .rule = "LIF-01", .scenario = "emptied_twice", .edits = {drop("invalidate", "cmpxchg")},
       .implied = {"HMM-02", "LIF-06", "LIF-07", "ORD-10", "ORD-11", "ORD-12", "ORD-20", "ORD-24", "ORD-26", "SEQ-02", "SEQ-04"}},
      {.name = "used_without_reference", .says = "a fault finds the child and takes no reference of it", .rule = "HMM-02",
       .scenario = "emptied_twice",
       .edits = {drop("fault", "refcount 2"), drop("fault", "refcount"), drop("fault", "deref")},
       .implied = {"LIF-06", "LIF-07", "ORD-10", "ORD-11", "SEQ-02", "SEQ-04"}, .oracle = Oracle::harmless,
       .why = "the parent's table leads to no child that was taken out"},
      {.name = "read_begin_left_out", .says = "takes the sequence from the notifier without waiting for an invalidation under way",
       .rule = "SEQ-09", .scenario = "made_meanwhile", .edits = {replace("fault", "begin", {at("begin", peek_seq(0))})},
       .implied = mapped_too_late},
      {.name = "read_begin_after_the_lookup", .says = "looks up with a sequence that it has not waited for, waits, and checks with a new one",
       .rule = "SEQ-09", .scenario = "made_meanwhile",
       .edits = {replace("fault", "begin", {at("begin", peek_seq(0))}), insert_before("fault", "if_ret", {read_begin(0)})},
       .implied = {"SEQ-20", "ORD-11", "ORD-12", "ORD-24"}},
      {.name = "first_page_left_out", .says = "zaps from the second page of the range on", .rule = "ORD-12", .scenario = "both",
       .edits = {insert_before("invalidate", "zap", {narrow(not_first)})}, .implied = {"ORD-10", "ORD-20", "ORD-24"}},
      {.name = "removed_before_unmapped", .says = "the worker removes the notifier before it has unmapped", .rule = "LIF-07",
       .scenario = "emptied_twice", .edits = {move_before("worker", "remove", "lock")},
       .oracle = Oracle::harmless, .why = "the parent's table leads to no child that was taken out"},
      {.name = "early_return_after_set_seq", .says = "returns when nothing is mapped, with the sequence stored", .rule = {}, .scenario = "remap",
       .edits = {insert_before("invalidate", "zap", {first_page(), label("look"), if_mapped(0, "something").one(), next_page("look"),
                                                     jump("used"), label("something")})},
       .control = true},
  };
  return p;
}

}  // namespace mirrorscope::model
