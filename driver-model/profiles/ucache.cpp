// SPDX-License-Identifier: Apache-2.0
// A registration cache of user space (UCX ucs_rcache, libfabric's memory monitor, NCCL): registrations outlive their use, and what is
// given back to the system is heard of from hooks on munmap() and its like.
//
// One registration that covers both pages, made first, and who uses either. What the hooks take away while somebody uses the rest is
// found no more, and goes with its last user; from then on each registers for itself.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 cache = 1, one = 2;  // the second: there is one MR besides
constexpr u8 mr = 0, own_mr = 1;
constexpr u8 umem = shared_pfns(0);
constexpr u8 region = 0, users = 1, begun = 2;  // region: 0 = none, 1 = kept, 2 = taken away and still used

// rcache get, a transfer, rcache put
const Program kTransfer = program("transfer", {
    lock(cache),
    at("find", unless_var(region, 1, "for itself")),
    says(Says::ucache_hit, mr),
    at("get", add_var(users, 1)),
    unlock(cache),
    dma_begin(mr, "put"),
    dma_access(),
    dma_end(),
    label("put"),
    lock(cache),
    at("last", add_var(users, -1)),
    says(Says::ucache_put, mr),
    if_var(region, 1, "kept"),
    unless_var(users, 0, "kept"),
    call("deregister"),
    set_var(region, 0),
    label("kept"),
    unlock(cache),
    end(),
    label("for itself"),
    unlock(cache),
    lock(one),
    lock_read(mmap_lock),
    pin(own_pfns, writes, longterm, own_mr),
    unlock(mmap_lock),
    if_failed("cannot for itself"),
    dev_map(own_mr, no_sub, writes, invalid_tok),
    says(Says::reg, own_mr, no_sub),
    dma_begin(own_mr, "over"),
    dma_access(),
    dma_end(),
    label("over"),
    says(Says::dereg, own_mr, no_sub),
    dev_unmap(own_mr, no_sub),
    label("cannot for itself"),
    unpin(own_pfns, true, own_mr),
    unlock(one),
    end(),
});
const Program kRegister = program("register", {
    at("whole", widen()),
    lock_read(mmap_lock),
    pin(own_pfns, writes, longterm, mr),
    unlock(mmap_lock),
    if_failed("cannot"),
    copy_pfns(own_pfns, umem),
    clear_pfns(own_pfns),
    dev_map(mr, no_sub, writes, invalid_tok, umem),
    says(Says::reg, mr, no_sub),
    says(Says::ucache_insert, mr),
    says(Says::ucache_put, mr),
    set_var(region, 1),
    set_var(begun, 1),
    label("cannot"),
    unpin(own_pfns, false, mr),
    end(),
});
const Program kDeregister = program("deregister", {
    widen(),
    says(Says::dereg, mr, no_sub),
    dev_unmap(mr, no_sub),
    unpin(umem, true, mr),
    says(Says::ucache_evict, mr, no_sub, writes, 1),
    end(),
});

// The hook, before the system call goes on (ucm VM_UNMAPPED, memory monitor)
const Program kHook = program("hook", {
    at("heard", says(Says::ucache_event, mr)),
    lock(cache),
    at("ours", unless_var(region, 1, "not ours")),
    at("given up", set_var(region, 2)),
    at("used", unless_var(users, 0, "later")),
    call("deregister"),
    set_var(region, 0),
    unlock(cache),
    end(),
    label("later"),
    says(Says::ucache_evict, mr, no_sub, writes, 0),
    label("not ours"),
    unlock(cache),
    end(),
});

const Program kGiveAway = program("give away", {at("hook", call("hook")), at("remap", call("remap_fixed")), end()});
const Program kReuse = program("transfer, give away, transfer", {call("register"), call("transfer"), call("give away"), call("transfer"), end()});
const Program kOther = program("other transfer", {await_var(begun, 1), call("transfer"), end()});
const Program kShort = program("register, give away, transfer", {call("register"), call("give away"), call("transfer"), end()});
const Program kOtherBuffer = program("give away, transfer", {await_var(begun, 1), call("give away"), call("transfer"), end()});
}  // namespace

Profile profile_ucache() {
  Profile p;
  p.name = "ucache";
  p.mirrors = "user space: UCX src/ucs/memory/rcache.c and src/ucm; libfabric prov/util/src/util_mem_monitor.c; over drivers/infiniband/core/umem.c";
  p.says = "keeps registrations until a hook says that their addresses are given away";
  p.driver.programs = {kTransfer, kRegister, kDeregister, kHook, kGiveAway, kReuse, kOther, kShort, kOtherBuffer};
  p.driver.devices = {{.sub = no_sub, .discipline = MS_discipline_pin}, {.sub = no_sub, .discipline = MS_discipline_pin}};
  p.scenarios = {
      {.name = "reuse", .threads = {{"process", "transfer, give away, transfer", 0, 1}}},
      {.name = "two", .threads = {{"thread 1", "transfer, give away, transfer", 0, 1}, {"thread 2", "other transfer", 1, 2}}},
      {.name = "three", .threads = {{"thread 1", "register, give away, transfer", 0, 1}, {"thread 2", "other transfer", 1, 2}, {"thread 3", "other transfer", 1, 2}}},
      {.name = "both_give_away", .threads = {{"thread 1", "transfer, give away, transfer", 0, 1}, {"thread 2", "give away, transfer", 1, 2}}},
  };
  p.mutants = {
      {.name = "not_hooked", .says = "one way to give memory back has no hook (UCX PR 2731: MAP_FIXED)", .rule = "REG-20", .scenario = "reuse",
       .edits = {drop("give away", "hook")}, .implied = {"REG-21", "REG-05", "REG-23"}},
      {.name = "hook_overwritten", .says = "a second owner of the hooks hears it instead (libfabric PR 6474)", .rule = "REG-20", .scenario = "two",
       .edits = {drop("hook", "heard"), replace("hook", "ours", {jump("not ours")})}, .implied = {"REG-21", "REG-05", "REG-23"}},
      {.name = "found_by_base", .says = "what is given away is compared with where regions begin", .rule = "REG-20", .scenario = "both_give_away",
       .edits = {insert_before("hook", "ours", {unless_meets(0, 1, "not ours")})}, .implied = {"REG-05", "REG-23", "REG-24"}},
      {.name = "told_afterwards", .says = "the cache hears of it when it has happened (libfabric PR 6241)", .rule = "REG-21", .scenario = "two",
       .edits = {swap("give away", "hook", "remap")}, .implied = {"REG-20", "REG-05", "REG-24"}, .oracle = Oracle::harmless,
       .why = "who finds the region in between uses the other page, which is what it was"},
      {.name = "found_again", .says = "a region that is given up and in use is still found", .rule = "REG-22", .scenario = "two",
       .edits = {drop("hook", "given up")}, .implied = {"REG-20", "REG-23"}},
      {.name = "freed_in_use", .says = "the hook deregisters what is in use (Open MPI #4509)", .rule = "REG-22", .scenario = "two",
       .edits = {drop("hook", "used")}, .implied = {"REG-07", "REG-13"}, .oracle = Oracle::harmless,
       .why = "the page in use stays the process's: the transfer fails or is lucky"},
      {.name = "count_not_atomic", .says = "the fast path counts users without the lock, in two steps (UCX PR 11957)", .rule = "REG-22",
       .scenario = "three",
       .edits = {replace("transfer", "get", {unlock(cache), if_var(users, 0, "none"), set_var(users, 2), jump("counted"), label("none"),
                                             set_var(users, 1), label("counted"), lock(cache)})},
       .implied = {"REG-07", "REG-13"}, .oracle = Oracle::harmless, .why = "as freed_in_use: its transfers use the page that stays"},
  };
  return p;
}

}  // namespace mirrorscope::model
