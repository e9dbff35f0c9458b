// SPDX-License-Identifier: Apache-2.0
// A userptr BO of amdkfd: the callback stops the user's queues, a worker looks the pages up anew and lets them run again.
//
// What differs from the kernel: mem->invalid and evicted_bos are counters that the worker compares with what they were; here each
// eviction sets `again` and the worker clears it where it reads them.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 notifier_lock = 1, scheduler = 2;  // the second is the firmware's: a queue runs or it does not
constexpr u8 gpu = 0, bo = 0;
constexpr u8 evicted = 0;  // evicted_bos is not 0
constexpr u8 again = 1;    // the BO was invalidated since the worker looked
constexpr u8 running = 2;  // the queues are
constexpr u8 work = 3;     // restore_userptr_work is queued

// A user-mode queue: nobody submits, it accesses whenever it runs
const Program kQueue = program("queue", {
    await_var(running, 1),
    lock(scheduler),
    if_var(running, 0, "stopped"),
    dma_begin(gpu, "stopped"),  // an address that is not mapped is a VM fault
    unlock(scheduler),
    dma_access(),
    dma_end(),
    end(),
    label("stopped"),
    unlock(scheduler),
    end(),
});

// amdgpu_hmm_invalidate_hsa(), amdgpu_amdkfd_evict_userptr(), kgd2kfd_quiesce_mm()
const Program kInvalidate = program("amdgpu_amdkfd_evict_userptr", {
    if_nonblock("refuse"),
    lock(notifier_lock),
    set_seq(),
    set_var(again, 1),
    if_var(evicted, 1, "stopped already"),
    set_var(evicted, 1),
    call("kgd2kfd_quiesce_mm"),
    set_var(work, 1),
    label("stopped already"),
    at("leave", unlock(notifier_lock)),
    ret_true(),
    label("refuse"),
    ret_false(),
});
const Program kQuiesce = program("kgd2kfd_quiesce_mm", {
    widen(),  // every queue of the process, whatever it is at
    lock(scheduler),
    set_var(running, 0),
    unlock(scheduler),
    at("preempted", drain(gpu)),
    says(Says::quiesce),
    end(),
});

// amdgpu_amdkfd_restore_userptr_worker(): update_invalid_user_pages(), validate_invalid_user_pages(), confirm_valid_user_pages_locked()
const Program kRestore = program("restore_userptr_worker", {
    says(Says::quiesce),  // nothing has been mapped yet
    label("idle"),
    await_var(work, 1),
    set_var(work, 0),
    lock(notifier_lock),
    at("look", set_var(again, 0)),
    unlock(notifier_lock),
    lock_read(mmap_lock),
    read_begin(bo),
    at("lookup", range_fault(bo)),
    unlock(mmap_lock),
    if_ret(EBUSY, "later"),
    if_failed("no pages"),
    at("update", dev_map(gpu, bo)),  // update_gpuvm_pte()
    at("decide", lock(notifier_lock)),
    at("count", unless_var(again, 0, "collided")),
    at("confirm", if_retry(bo, "collided")),
    label("resume"),
    set_var(evicted, 0),
    says(Says::resume),  // kgd2kfd_resume_mm()
    set_var(running, 1),
    unlock(notifier_lock),
    jump("idle"),
    label("no pages"),  // -EFAULT: the entries are cleared, the queues run on
    dev_unmap(gpu, bo),
    lock(notifier_lock),
    if_var(again, 0, "resume"),
    label("collided"),
    unlock(notifier_lock),
    label("later"),
    set_var(work, 1),
    jump("idle"),
});

// What a queue does once it runs on what is gone.
const std::vector<std::string_view> kFollows{"ORD-12", "ORD-24", "REG-06"};

std::vector<ThreadDef> runs_against(std::vector<ThreadDef> process) {
  std::vector<ThreadDef> threads{{"queue", "queue", 0, 1}, {"worker", "restore_userptr_worker", 0, 1, true}};
  threads.insert(threads.end(), process.begin(), process.end());
  return threads;
}
}  // namespace

Profile profile_kfd_quiesce() {
  Profile p;
  p.name = "kfd_quiesce";
  p.mirrors = "drivers/gpu/drm/amd/amdgpu/amdgpu_amdkfd_gpuvm.c, amdgpu_amdkfd_evict_userptr(), amdgpu_amdkfd_restore_userptr_worker()";
  p.says = "stops the user's queues in the callback; they run again when a worker has looked the pages up anew";
  p.driver.programs = {kQueue, kInvalidate, kQuiesce, kRestore};
  p.driver.subs = {{.lo = 0, .hi = 2, .invalidate = "amdgpu_amdkfd_evict_userptr", .finish = {}}};
  p.driver.devices = {{.sub = bo, .discipline = MS_discipline_quiesce}};
  p.driver.vars = {{evicted, 1}, {again, 1}, {work, 1}};  // as after KFD_IOC_MAP_MEMORY: the worker maps it first
  p.scenarios = {
      {.name = "remap", .threads = runs_against({{"process", "remap_fixed", 0, 1}})},
      {.name = "two", .threads = runs_against({{"process 1", "dontneed_touch", 0, 1}, {"process 2", "dontneed", 1, 2}})},
      {.name = "reclaim", .threads = runs_against({{"process", "swap_in", 0, 1}})},
      {.name = "mprotect", .threads = runs_against({{"process", "mprotect_ro", 0, 1}})},
      {.name = "mrelease", .threads = runs_against({{"process", "process_mrelease", 0, 1}})},
  };
  const std::vector<Edit> not_counted{drop("restore_userptr_worker", "count")}, not_confirmed{drop("restore_userptr_worker", "confirm")};
  p.mutants = {
      {.name = "resumes_unasked", .says = "the worker lets the queues run without asking whether there was another eviction",
       .rule = "SEQ-13", .scenario = "remap",
       .edits = {drop("restore_userptr_worker", "count"), drop("restore_userptr_worker", "confirm")}, .implied = kFollows},
      {.name = "asks_outside_lock", .says = "it asks, and takes the lock afterwards", .rule = "SEQ-13", .scenario = "remap",
       .edits = {drop("restore_userptr_worker", "count"), swap("restore_userptr_worker", "decide", "confirm"),
                 replace("restore_userptr_worker", "confirm", {at("confirm", if_retry(bo, "later"))})}, .implied = kFollows},
      {.name = "eviction_erased", .says = "it notes behind the look-up that it has looked: an eviction in between is erased", .rule = "SEQ-13",
       .scenario = "remap",
       .edits = {move_before("restore_userptr_worker", "look", "count"), drop("restore_userptr_worker", "confirm")}, .implied = kFollows},
      {.name = "second_returns_early",
       .says = "queues are stopped outside the lock: a second eviction returns while the first still stops them (kfd_svm.c, svm_range_evict())",
       .rule = "ORD-22", .scenario = "two",
       .edits = {replace("amdgpu_amdkfd_evict_userptr", "call", {unlock(notifier_lock), call("kgd2kfd_quiesce_mm"), lock(notifier_lock)})},
       .implied = kFollows},
      {.name = "not_preempted", .says = "the queues are told to stop, and what they do is not waited for", .rule = "ORD-20", .scenario = "remap",
       .edits = {drop("kgd2kfd_quiesce_mm", "preempted")}, .implied = {"ORD-12"}},
      {.name = "counters_alone", .says = "without the sequence: the counters, under the lock, say the same", .rule = {}, .scenario = "remap",
       .edits = not_confirmed, .control = true},
      {.name = "sequence_alone", .says = "without the counters: the sequence says the same", .rule = {}, .scenario = "remap", .edits = not_counted,
       .control = true},
  };
  return p;
}

}  // namespace mirrorscope::model
