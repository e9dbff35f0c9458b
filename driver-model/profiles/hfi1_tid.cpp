// SPDX-License-Identifier: Apache-2.0
// hfi1's expected receives: pinned buffers, with notifiers that act on unmaps only. Nobody compares the sequence of the one that stays,
// so its callback stores none.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 cover_mutex = 1;
constexpr u8 tid = 0;               // the entries of the receive array
constexpr u8 cover = 0, node = 1;   // tidbuf->notifier while it is set up, node->notifier as long as it lives

// hfi1_user_exp_rcv_setup(), a message, hfi1_user_exp_rcv_clear()
const Program kReceive = program("expected receive", {
    sub_insert(cover),
    at("begin", read_begin(cover)),
    at("pin", pin(own_pfns, writes, longterm, tid)),
    if_failed("fail_unpin"),
    sub_insert(node),
    at("program", dev_map(tid, no_sub, writes, invalid_tok)),  // set_rcvarray_entry()
    says(Says::reg, tid, node),
    lock(cover_mutex),
    at("check", if_retry(cover, "unprogram")),
    unlock(cover_mutex),
    sub_remove(cover),
    dma_begin(tid, "cleared"),
    dma_access(),
    dma_end(),
    label("cleared"),
    call("clear"),
    end(),
    label("unprogram"),
    unlock(cover_mutex),
    sub_remove(cover),
    call("clear"),
    end(),
    label("fail_unpin"),
    sub_remove(cover),
    unpin(own_pfns, false, tid),
    says(Says::ctx_end, tid),
    end(),
});

// A packet that comes when it likes
const Program kPacket = program("packet", {dma_begin(tid, "dropped"), dma_access(), dma_end(), label("dropped"), end()});

// unprogram_rcvarray(): hfi1_put_tid() waits for the chip, then the pages go
const Program kClear = program("clear", {
    at("remove", sub_remove(node)),
    at("clear", dev_unmap(tid, no_sub)),
    at("rest", drain(tid)),
    says(Says::dereg, tid, node),
    at("unpin", unpin(own_pfns, true, tid)),
    says(Says::ctx_end, tid),
    end(),
});

// tid_rb_invalidate(): clears the entry; the pages stay pinned until user space gives the buffer up
const Program kInvalidate = program("tid_rb_invalidate", {
    unless_reason(MS_reason_unmap, "out"),
    at("clear", dev_unmap(tid, no_sub)),
    label("out"),
    ret_true(),
});

// tid_cover_invalidate()
const Program kCover = program("tid_cover_invalidate", {
    unless_reason(MS_reason_unmap, "out"),
    lock(cover_mutex),
    set_seq(),
    unlock(cover_mutex),
    label("out"),
    ret_true(),
});

std::vector<ThreadDef> receives_against(std::string_view environment) {
  return {{"receiver", "expected receive", 0, 1}, {"process", environment, 0, 1}};
}
}  // namespace

Profile profile_hfi1_tid() {
  Profile p;
  p.name = "hfi1_tid";
  p.mirrors = "drivers/infiniband/hw/hfi1/user_exp_rcv.c, hfi1_user_exp_rcv_setup(), tid_rb_invalidate(), tid_cover_invalidate()";
  p.says = "pins its pages; its callbacks act on unmaps only, and the one that stays stores no sequence";
  p.driver.programs = {kReceive, kPacket, kClear, kInvalidate, kCover};
  p.driver.subs = {{.lo = 0, .hi = 1, .invalidate = "tid_cover_invalidate", .finish = {}, .inserted = false},
                   {.lo = 0, .hi = 1, .invalidate = "tid_rb_invalidate", .finish = {}, .inserted = false}};
  p.driver.devices = {{.sub = no_sub, .discipline = MS_discipline_pin}};
  p.driver.pins_may_go_stale = true;
  p.driver.tears_down = true;
  p.scenarios = {
      {.name = "remap", .threads = receives_against("remap_fixed")},
      {.name = "dontneed", .threads = receives_against("dontneed_touch")},
      {.name = "fork", .threads = receives_against("fork_write")},
      {.name = "late", .threads = {{"receiver", "expected receive", 0, 1}, {"chip", "packet", 0, 1}, {"process", "remap_fixed", 0, 1}}},
      {.name = "mrelease", .threads = receives_against("process_mrelease")},
  };
  p.mutants = {
      {.name = "collision_leaks", .says = "the way out after a collision forgets its pins", .rule = "REG-18", .scenario = "remap",
       .edits = {insert_after("expected receive", "unprogram", {clear_pfns(own_pfns)})}},
      {.name = "unpinned_in_use", .says = "gives its pages back before the chip has put the entry away", .rule = "REG-07", .scenario = "late",
       .edits = {move_before("clear", "unpin", "clear")}},
  };
  return p;
}

}  // namespace mirrorscope::model
