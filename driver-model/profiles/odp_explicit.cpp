// SPDX-License-Identifier: Apache-2.0
// An explicit on-demand-paging MR as Soft-RoCE has it: translations in pfn_list, used and dropped under umem_mutex.
//
// What differs from the kernel: hmm_range_fault() fills an array of the task, which is copied to pfn_list under umem_mutex once
// read_retry() has passed. Mutant shared_pfn_list lets it write to pfn_list itself.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 umem_mutex = 1;
constexpr u8 mr = 0, umem = 0;
constexpr u8 pfn_list = shared_pfns(0);

// rxe_odp_map_range_and_lock(), ib_umem_odp_map_dma_and_lock(), rxe_odp_mr_copy(): the copy is done under umem_mutex
const Program kCopy = program("rxe_odp_mr_copy", {
    lock(umem_mutex),
    at("present", if_no_pfns(pfn_list, "fault")),  // rxe_check_pagefault()
    label("locked"),
    at("access", dma_begin(mr, "out")),
    dma_access(),
    dma_end(),
    label("out"),
    unlock(umem_mutex),
    end(),
    label("fault"),
    unlock(umem_mutex),
    at("mmget", mmget("dead")),
    label("retry"),
    at("begin", read_begin(umem)),
    lock_read(mmap_lock),
    range_fault(umem),
    unlock(mmap_lock),
    if_ret(EBUSY, "retry"),
    if_failed("failed"),
    at("relock", lock(umem_mutex)),
    at("check", if_retry(umem, "collided")),
    at("keep", copy_pfns(own_pfns, pfn_list)),
    at("map", dev_map(mr, umem)),
    at("use", dma_begin(mr, "used")),
    dma_access(),
    dma_end(),
    label("used"),
    at("release", unlock(umem_mutex)),
    label("failed"),
    mmput(),
    label("dead"),
    end(),
    label("collided"),
    unlock(umem_mutex),
    jump("retry"),
});

// rxe_ib_invalidate_range(), ib_umem_odp_unmap_dma_pages()
const Program kInvalidate = program("rxe_ib_invalidate_range", {
    if_nonblock("refuse"),
    lock(umem_mutex),
    set_seq(),
    at("dirty", mark_dirty(mr)),
    at("clear", clear_pfns(pfn_list)),
    at("zap", dev_unmap(mr)),
    unlock(umem_mutex),
    ret_true(),
    label("refuse"),
    ret_false(),
});

// The file of the MR is closed behind exit_mm(): ib_umem_odp_release(), and the last reference of the mm
const Program kClose = program("close", {
    await_thread(0),
    call("exit_mm"),
    lock(umem_mutex),
    mark_dirty(mr),
    clear_pfns(pfn_list),
    at("unmap", dev_unmap(mr, umem)),
    unlock(umem_mutex),
    at("remove", sub_remove(umem)),
    mm_drop(),
    end(),
});
}  // namespace

Profile profile_odp_explicit() {
  Profile p;
  p.name = "odp_explicit";
  p.mirrors = "drivers/infiniband/core/umem_odp.c, drivers/infiniband/sw/rxe/rxe_odp.c";
  p.says = "an MR without pins: pages are looked up when a packet needs them, and forgotten in the callback";
  p.driver.programs = {kCopy, kInvalidate, kClose};
  p.driver.subs = {{.lo = 0, .hi = 2, .invalidate = "rxe_ib_invalidate_range", .finish = {}}};
  p.driver.devices = {{.sub = umem}};
  auto copies_against = [](std::string_view environment) {
    return std::vector<ThreadDef>{{"responder", "rxe_odp_mr_copy", 0, 1}, {"process", environment, 0, 1}};
  };
  p.scenarios = {
      {.name = "remap", .threads = copies_against("remap_fixed")},
      {.name = "two", .threads = {{"responder 1", "rxe_odp_mr_copy", 0, 1}, {"responder 2", "rxe_odp_mr_copy", 0, 1},
                                  {"process", "dontneed_touch", 0, 1}}},
      {.name = "reclaim", .threads = copies_against("swap_in")},
      {.name = "mrelease", .threads = copies_against("process_mrelease")},
      {.name = "exit", .threads = copies_against("exit_mm")},
      {.name = "fork", .threads = copies_against("fork_write")},
      {.name = "closed", .threads = copies_against("close"), .tears_down = true},
  };
  p.mutants = {
      {.name = "skip_read_retry", .says = "keeps what it looked up without asking whether it still stands", .rule = "SEQ-04",
       .scenario = "remap", .edits = {drop("rxe_odp_mr_copy", "check")}, .implied = mapped_too_late},
      {.name = "seq_after_fault", .says = "read_begin comes behind the look-up: the sequence is nobody's, and it never gets through", .rule = "SEQ-09", .scenario = "remap",
       .edits = {move_before("rxe_odp_mr_copy", "begin", "relock")}},
      {.name = "callback_keeps_pfns", .says = "the callback stores the sequence and forgets to drop the translations", .rule = "ORD-10",
       .scenario = "two", .edits = {drop("rxe_ib_invalidate_range", "clear"), drop("rxe_ib_invalidate_range", "zap")}, .implied = kept_too_long},
      {.name = "shared_pfn_list", .says = "hmm_range_fault() writes to pfn_list without the lock, and others find it there",
       .rule = "SEQ-11", .scenario = "two",
       .edits = {replace("rxe_odp_mr_copy", "range_fault", {range_fault(umem, writes, 0, pfn_list)}),
                 drop("rxe_odp_mr_copy", "keep"),
                 replace("rxe_odp_mr_copy", "map", {dev_map(mr, umem, writes, 0, pfn_list)}),
                 replace("rxe_odp_mr_copy", "label", {label("locked"), at("map what is there", dev_map(mr, umem, writes, 0, pfn_list))})},
       .implied = {"HMM-09", "ORD-11", "ORD-12", "ORD-24"}},
      {.name = "not_removed", .says = "drops its reference of the mm and leaves its notifier in the tree", .rule = "LIF-13", .scenario = "closed",
       .edits = {drop("close", "remove")}},
      {.name = "no_mmget", .says = "looks up in an address space that may be gone", .rule = "HMM-11", .scenario = "exit",
       .edits = {drop("rxe_odp_mr_copy", "mmget"), drop("rxe_odp_mr_copy", "mmput")}, .implied = {"LIF-12", "ORD-17"}, .oracle = Oracle::harmless,
       .why = "what is looked up is still checked, and nothing is there to look up"},
  };
  return p;
}

}  // namespace mirrorscope::model
