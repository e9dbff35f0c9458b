// SPDX-License-Identifier: Apache-2.0
// KVM's guest page table: an mmu_notifier with start and end, a counter of invalidations under way and a sequence of its own.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 mmu_lock = 1;
constexpr u8 vm = 0, nested = 1;  // two roots
// struct kvm. Ranges are not kept apart: mmu_invalidate_retry(), of which mmu_invalidate_retry_gfn() is the finer form.
enum Var : u8 { mmu_invalidate_in_progress, mmu_invalidate_seq };
constexpr u8 mmu_seq = 0;  // of struct kvm_page_fault

// arch/x86/kvm/mmu/mmu.c, kvm_mmu_faultin_pfn(), direct_page_fault(); then the guest writes
std::vector<Instr> fault(u8 root) {
  return {
      label("again"),
      at("sample", copy_tok(shared_tok(mmu_invalidate_seq), mmu_seq)),
      lock_read(mmap_lock),
      at("gup", get_pages()),  // virt/kvm/kvm_main.c, hva_to_pfn()
      unlock(mmap_lock),
      if_failed("gone"),
      at("enter", lock(mmu_lock, spins)),
      at("busy?", unless_var(mmu_invalidate_in_progress, 0, "stale")),  // is_page_fault_stale()
      at("stale?", if_tok_differs(shared_tok(mmu_invalidate_seq), mmu_seq, "stale")),
      dev_map(root, no_sub),
      at("release", put_pages()),  // kvm_mmu_finish_page_fault()
      unlock(mmu_lock),
      dma_begin(root, "gone", writes, 1),
      dma_access(),
      dma_end(),
      label("gone"),
      end(),
      label("stale"),
      at("release stale", put_pages(own_pfns, false)),
      unlock(mmu_lock),
      label("wait"),
      await_var(mmu_invalidate_in_progress, 0),  // the guest faults again and again until then
      jump("again"),
  };
}
const Program kFault = program("fault", fault(vm)), kNestedFault = program("nested_fault", fault(nested));
// A vCPU is a thread of the process: nobody runs the guest without the mm
const Program kVcpu = program("vcpu", {mmget("out"), call("fault"), mmput(), label("out"), end()});

// and the last reference of the VM is put: kvm_destroy_vm()
const Program kLife = program("run and destroy", {call("fault"), says(Says::ctx_end, vm), end()});

// kvm_mmu_notifier_invalidate_range_start(). kvm_flush_remote_tlbs() kicks every vCPU out of the guest and waits for that.
const Program kStart = program("start", {
    lock(mmu_lock, spins),
    at("begin", add_var(mmu_invalidate_in_progress, 1)),
    at("unmap", dev_unmap(vm, no_sub)),
    at("kick", drain(vm, spins)),
    at("unmap nested", dev_unmap(nested, no_sub)),
    at("kick nested", drain(nested, spins)),
    unlock(mmu_lock),
    label("out"),
    ret_true(),
});

// kvm_mmu_invalidate_end()
const Program kEnd = program("end", {
    lock(mmu_lock, spins),
    at("count up", add_var(mmu_invalidate_seq, 1)),
    at("done", add_var(mmu_invalidate_in_progress, -1)),
    unlock(mmu_lock),
    end(),
});

// kvm_mmu_notifier_release(): kvm_flush_shadow_all()
const Program kRelease = program("release", {
    lock(mmu_lock, spins),
    at("unmap", dev_unmap(vm, no_sub)),
    at("unmap nested", dev_unmap(nested, no_sub)),
    unlock(mmu_lock),
    end(),
});

// Another mmu_notifier of the process, which must wait and therefore refuses (mm/mmu_notifier.c, mn_hlist_invalidate_range_start())
const Program kOther = program("other", {if_nonblock("refuse"), ret_true(), label("refuse"), ret_false()});

std::vector<ThreadDef> vcpu_against(std::string_view environment, u8 pages = 1) {
  return {{"vcpu", "fault", 0, pages}, {"process", environment, 0, pages}};
}
}  // namespace

Profile profile_kvm() {
  Profile p;
  p.name = "kvm";
  p.mirrors = "virt/kvm/kvm_main.c, kvm_mmu_notifier_invalidate_range_start(), _end(); arch/x86/kvm/mmu/mmu.c, direct_page_fault()";
  p.says = "unmaps in the start op, and maps nothing while an invalidation is under way or after one that the lookup did not see";
  p.driver.programs = {kFault, kNestedFault, kVcpu, kLife, kStart, kEnd, kRelease, kOther};
  p.driver.lists = {{.start = "start", .end = "end", .release = "release"}, {.start = "other", .end = {}, .release = {}}};
  p.driver.devices = {{}, {}};
  p.driver.vars = {{mmu_invalidate_seq, 1}};
  p.scenarios = {
      {.name = "remap", .threads = vcpu_against("remap_fixed"), .pages = 1},
      {.name = "munmap", .threads = {{"vcpu", "fault", 1, 2}, {"process", "munmap", 0, 2}}},
      {.name = "dontneed",
       .threads = {{"vcpu 1", "fault", 0, 1}, {"vcpu 2", "fault", 0, 1}, {"process", "dontneed_touch", 0, 1}},
       .pages = 1},
      {.name = "nested", .threads = {{"vcpu 1", "fault", 0, 1}, {"vcpu 2", "nested_fault", 0, 1}, {"process", "dontneed", 0, 1}},
       .pages = 1},
      {.name = "two", .threads = {{"vcpu", "fault", 0, 1}, {"process 1", "dontneed", 0, 1}, {"process 2", "reclaim", 0, 1}}, .pages = 1},
      {.name = "mprotect", .threads = vcpu_against("mprotect_ro"), .pages = 1},
      {.name = "fork", .threads = vcpu_against("fork_write"), .pages = 1},
      {.name = "compaction", .threads = vcpu_against("compaction"), .pages = 1},
      {.name = "reaped", .threads = vcpu_against("process_mrelease"), .pages = 1},
      {.name = "exit", .threads = {{"vcpu", "vcpu", 0, 1}, {"process", "exit_mm", 0, 1}}, .pages = 1},
      {.name = "destroyed", .threads = {{"vcpu", "run and destroy", 0, 1}, {"process", "remap_fixed", 0, 1}}, .pages = 1},
  };
  p.mutants = {
      {.name = "busy_not_asked", .says = "maps while an invalidation is under way", .rule = "ORD-11",
       .edits = {drop("fault", "busy?")}, .implied = mapped_too_late},
      {.name = "sequence_not_asked", .says = "maps what was looked up before an invalidation that has ended", .rule = "ORD-12",
       .edits = {drop("fault", "stale?")}},
      {.name = "sequence_sampled_late", .says = "takes the sequence after it has looked the page up", .rule = "ORD-12",
       .edits = {move_before("fault", "sample", "if_ret")}},
      {.name = "busy_raised_after_the_walk", .says = "unmaps, and says that an invalidation is under way later", .rule = "ORD-12",
       .edits = {move_before("start", "begin", "unlock"), insert_before("start", "begin", {unlock(mmu_lock), lock(mmu_lock, spins)})},
       .implied = {"ORD-24"}},
      {.name = "sequence_raised_late", .says = "an invalidation is over before the sequence says that there was one", .rule = "ORD-12",
       .edits = {swap("end", "count up", "done"), insert_before("end", "count up", {unlock(mmu_lock), lock(mmu_lock, spins)})}},
      {.name = "retry_check_outside_lock", .says = "asks before it takes mmu_lock", .rule = "ORD-12",
       .edits = {drop("fault", "busy?"), drop("fault", "stale?"),
                 insert_before("fault", "enter", {unless_var(mmu_invalidate_in_progress, 0, "early"),
                                                  if_tok_differs(shared_tok(mmu_invalidate_seq), mmu_seq, "early")}),
                 insert_before("fault", "stale", {label("early"), put_pages(own_pfns, false), jump("wait")})},
       .implied = {"ORD-11", "ORD-24"}},
      {.name = "root_left_out", .says = "unmaps from one of two roots", .rule = "ORD-10", .scenario = "nested",
       .edits = {drop("start", "unmap nested"), drop("start", "kick nested")}, .implied = kept_too_long},
      {.name = "last_page_left_out", .says = "takes the end of the range for its last page", .rule = "ORD-10", .scenario = "munmap",
       .edits = {insert_before("start", "unmap", {narrow(not_last)})}, .implied = kept_too_long},
      {.name = "vcpus_not_kicked", .says = "does not wait until the vCPUs have left the guest", .rule = "ORD-20",
       .edits = {drop("start", "kick")}},
      {.name = "protection_left_out", .says = "does nothing when only the protection changes", .rule = "ORD-15", .scenario = "mprotect",
       .edits = {insert_before("start", "lock", {if_reason(MS_reason_protection_vma, "out")}),
                 insert_before("end", "lock", {if_reason(MS_reason_protection_vma, "out")}),
                 insert_before("end", "end", {label("out")})}, .implied = {"ORD-10", "ORD-11", "ORD-20", "ORD-24", "VMA-06"}},
      {.name = "release_ignored", .says = "the release op leaves the guest's page table as it is", .rule = "ORD-17", .scenario = "exit",
       .edits = {drop("release", "unmap"), drop("release", "unmap nested")}, .implied = {"ORD-12"},
       .oracle = Oracle::harmless, .why = "no guest runs without the mm: vCPUs are threads of the process"},
      {.name = "reference_leaked", .says = "keeps the reference of a page that it has mapped", .rule = "REG-18", .scenario = "destroyed",
       .edits = {drop("fault", "release")}},
      {.name = "stale_reference_leaked", .says = "a fault that has to be tried again forgets the page that it looked up", .rule = "REG-18",
       .scenario = "destroyed", .edits = {drop("fault", "release stale")}},
      {.name = "mmu_lock_sleeps", .says = "mmu_lock is a mutex, and the reaper must not sleep", .rule = "ORD-09", .scenario = "reaped",
       .edits = {replace("start", "lock", {lock(mmu_lock)})}},
      {.name = "freed_before_the_end", .says = "the kernel frees the page before the end, not behind it", .rule = {}, .scenario = "dontneed",
       .edits = {move_before("dontneed_touch", "free_pages", "inv_end")}, .control = true},
  };
  return p;
}

}  // namespace mirrorscope::model
