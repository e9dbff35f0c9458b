// SPDX-License-Identifier: Apache-2.0
// An RDMA memory region with pinned pages: made once, used by whoever knows its key, until it is deregistered. No callback at all.
//
// The process is told apart from its mistakes: it gives no address away that is registered. A list notifier that does nothing makes the
// kernel say what happens to its addresses.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 mr = 0, mr_lock = 2, nic = 3;  // the last is the device's: a key is good or it is not
enum Var : u8 { key, pinned_vm };
constexpr u8 umem = shared_pfns(0);

// atomic64_add(), atomic64_sub() of ib_umem_num_pages()
Program account(std::string_view name, int by) {
  return program(name, {first_page(), label("next"), add_var(pinned_vm, by), next_page("next"), end()});
}
const Program kAccount = account("account", 1), kUnaccount = account("unaccount", -1);

// __ib_umem_get_va(), then the memory key
const Program kReg = program("reg_mr", {
    lock(mr_lock),
    at("account", call("account")),
    at("pin", pin(own_pfns, writes, longterm, mr)),
    if_failed("umem_release"),
    copy_pfns(own_pfns, umem),
    clear_pfns(own_pfns),
    at("map", dev_map(mr, no_sub, writes, invalid_tok, umem)),
    says(Says::reg, mr, no_sub),
    says(Says::pin_account, mr, pinned_vm),
    set_var(key, 1),
    unlock(mr_lock),
    end(),
    label("umem_release"),
    at("undo", unpin(own_pfns, false, mr)),
    at("unaccount", call("unaccount")),
    says(Says::ctx_end, mr),
    unlock(mr_lock),
    end(),
});

// A peer that knows the key, at any time
const Program kPeer = program("remote write", {
    lock(nic),
    if_var(key, 0, "no such key"),
    dma_begin(mr, "no such key"),
    unlock(nic),
    dma_access(),
    dma_end(),
    end(),
    label("no such key"),
    unlock(nic),
    end(),
});

// ib_dereg_mr_user(): the key goes, the device comes to rest, __ib_umem_release()
const Program kDereg = program("dereg_mr", {
    at("take", lock(mr_lock)),
    if_no_pfns(umem, "gone"),
    copy_pfns(umem, own_pfns),
    lock(nic),
    at("destroy", set_var(key, 0)),
    unlock(nic),
    at("rest", drain(mr)),
    says(Says::dereg, mr, no_sub),
    at("unmap", dev_unmap(mr, no_sub)),
    at("release", unpin(own_pfns, true, mr)),
    at("unaccount", call("unaccount")),
    clear_pfns(umem),
    says(Says::ctx_end, mr),
    label("gone"),
    at("taken", unlock(mr_lock)),
    end(),
});

const Program kLife = program("verbs", {call("reg_mr"), at("dereg", call("dereg_mr")), at("free", call("remap_fixed")), end()});
// The file is closed behind exit_mm(): of what held the mm, the registration is the last
const Program kLast = program("verbs, and the end", {call("reg_mr"), await_thread(1), call("exit_mm"), call("dereg_mr"), mm_drop(pinned_vm), end()});
const Program kSaved = program("verbs, then reclaim", {call("writeback"), call("reg_mr"), await_thread(1), call("dereg_mr"), call("reclaim"), end()});
const Program kRegAfterFork = program("verbs after fork", {call("fork_read"), call("reg_mr"), call("cpu_write"), await_thread(1), call("dereg_mr"), end()});
const Program kForkRead = program("fork_read", {lock(mmap_lock), inv_start(MS_reason_protection_page), fork_copy(), inv_end(),
                                                unlock(mmap_lock), end()});
const Program kTap = program("tap", {ret_true()});

std::vector<ThreadDef> peers_and(std::string_view verbs, std::vector<ThreadDef> more = {}) {
  std::vector<ThreadDef> threads{{"verbs", verbs, 0, 1}, {"peer", "remote write", 0, 1}};
  threads.insert(threads.end(), more.begin(), more.end());
  return threads;
}
}  // namespace

Profile profile_pinned_mr() {
  Profile p;
  p.name = "pinned_mr";
  p.mirrors = "drivers/infiniband/core/umem.c, __ib_umem_get_va(), __ib_umem_release(); drivers/infiniband/sw/rxe/rxe_mr.c, rxe_mr_cleanup()";
  p.says = "pins its pages for as long as it lives; nobody tells it anything, and the process must not give its addresses away";
  p.driver.programs = {kAccount, kUnaccount, kReg, kPeer, kDereg, kLife, kLast, kSaved, kRegAfterFork, kForkRead, kTap};
  p.driver.lists = {{.start = "tap", .end = {}, .release = {}}};
  p.driver.devices = {{.sub = no_sub, .discipline = MS_discipline_pin}};
  p.driver.tears_down = true;
  p.scenarios = {
      {.name = "life", .threads = peers_and("verbs")},
      {.name = "neighbour", .threads = peers_and("verbs", {{"process", "remap_fixed", 1, 2}})},
      {.name = "fork", .threads = peers_and("verbs", {{"process", "fork_read", 0, 1}})},
      {.name = "after_fork", .threads = peers_and("verbs after fork")},
      {.name = "closed_twice", .threads = peers_and("verbs", {{"exit", "dereg_mr", 0, 1}})},
      {.name = "large", .threads = {{"verbs", "verbs", 0, 2}, {"peer", "remote write", 0, 2}}},
      {.name = "last", .threads = peers_and("verbs, and the end")},
      {.name = "saved", .threads = peers_and("verbs, then reclaim")},
  };
  p.mutants = {
      {.name = "pinned_for_reading", .says = "pins without FOLL_WRITE and gives a key for writing (17839856fd58)", .rule = "HMM-07",
       .scenario = "after_fork",
       .edits = {replace("reg_mr", "pin", {pin(own_pfns, reads, longterm, mr)}),
                 replace("reg_mr", "map", {dev_map(mr, no_sub, writes_anyway, invalid_tok, umem)})},
       .implied = {"REG-05", "REG-23"}},
      {.name = "key_outlives_mr", .says = "the key is still good when the pages are given back", .rule = "REG-13", .scenario = "life",
       .edits = {drop("dereg_mr", "destroy"), drop("dereg_mr", "unmap")}, .implied = {"REG-07"}},
      {.name = "released_before_rest", .says = "pages are unpinned while the device writes to them", .rule = "REG-07", .scenario = "life",
       .edits = {move_before("dereg_mr", "release", "rest")}, .oracle = Oracle::harmless,
       .why = "the process keeps its page until dereg_mr returns, and nobody reclaims it in between"},
      {.name = "released_twice", .says = "two ends of one MR, and no lock between them (8141a2dc7008)", .rule = "REG-01", .scenario = "closed_twice",
       .edits = {drop("dereg_mr", "take"), drop("dereg_mr", "taken")}, .implied = {"REG-07", "REG-09", "REG-13", "REG-05"}},
      {.name = "short_pin_leaks", .says = "gets fewer pages than it wants, and forgets those (d946347edc4f)", .rule = "REG-18", .scenario = "large",
       .edits = {replace("reg_mr", "pin", {pin(own_pfns, writes, longterm | at_most_one, mr)}), drop("reg_mr", "undo")}},
      {.name = "not_dirtied", .says = "pages are released as if nobody had written", .rule = "REG-08", .scenario = "saved",
       .edits = {replace("dereg_mr", "release", {unpin(own_pfns, false, mr)})}, .oracle = Oracle::harmless,
       .why = "the pin for writing marked it dirty, and here nobody cleans a pinned page"},
      {.name = "not_accounted", .says = "pins what nobody has accounted to the process", .rule = "REG-09", .scenario = "life",
       .edits = {drop("reg_mr", "account"), drop("dereg_mr", "unaccount")}, .oracle = Oracle::harmless,
       .why = "RLIMIT_MEMLOCK is not in the model: the process pins more than it may"},
      {.name = "accounted_for_ever", .says = "the end of the registration does not subtract its pages", .rule = "REG-09", .scenario = "last",
       .edits = {drop("dereg_mr", "unaccount")}, .oracle = Oracle::harmless, .why = "the process may pin less than it should"},
      {.name = "freed_while_registered", .says = "the process remaps what is registered", .rule = "REG-05", .scenario = "life",
       .edits = {move_before("verbs", "free", "dereg")}, .implied = {"REG-23"}},
  };
  return p;
}

}  // namespace mirrorscope::model
