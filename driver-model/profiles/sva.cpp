// SPDX-License-Identifier: Apache-2.0
// Shared virtual addressing: the device walks the CPU's page table and keeps what it found, which the IOMMU driver flushes whenever the
// CPU's TLB is flushed. The queue is AMD's: commands, and a completion that is waited for.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 iommu_lock = 1;  // raw_spin_lock of struct amd_iommu
constexpr u8 device = 0;
enum Var : u8 { need_sync };  // commands were queued since the last completion-wait

// The device: an address translation request, or a page request that iommu_sva_handle_mm() answers
const Program kAccess = program("access", {
    label("again"),
    translate(device, "page request"),
    dma_begin(device, "again", writes, 1),
    dma_access(),
    dma_end(),
    label("out"),
    end(),
    label("page request"),
    mmget("out"),
    lock_read(mmap_lock),
    call("fault_write"),
    unlock(mmap_lock),
    mmput(),
    if_failed("out"),
    jump("again"),
});

// The IOMMU: works on its queue when it gets to it
const Program kHardware = program("hardware", {label("on"), flush_execute(device), jump("on")});

// sva_arch_invalidate_secondary_tlbs(), amd_iommu_dev_flush_pasid_pages(), iommu_completion_wait(). An access that was translated before
// is over when the flush is.
const Program kSecondary = program("secondary", {
    lock(iommu_lock, spins),
    at("queue", flush_submit(device)),
    set_var(need_sync, 1),
    at("queued", unlock(iommu_lock)),
    lock(iommu_lock, spins),
    at("synced?", if_var(need_sync, 0, "wait for the last")),  // somebody has queued the completion: it covers ours
    at("queue completion", set_var(need_sync, 0)),
    unlock(iommu_lock),
    at("wait", flush_wait(device, spins)),
    at("in flight", drain(device, spins)),
    at("flushed", dev_unmap(device, no_sub)),
    label("return"),
    end(),
    label("wait for the last"),
    unlock(iommu_lock),
    at("wait too", flush_wait(device, spins)),
    at("in flight too", drain(device, spins)),
    dev_unmap(device, no_sub),
    end(),
});

// sva_mn_release(): the PASID leads nowhere
const Program kRelease = program("release", {
    lock(iommu_lock, spins),
    flush_submit(device),
    unlock(iommu_lock),
    flush_wait(device, spins),
    drain(device, spins),
    dev_unmap(device, no_sub),
    end(),
});

const ThreadDef kQueue{"hardware", "hardware", 0, 1, true};
}  // namespace

Profile profile_sva() {
  Profile p;
  p.name = "sva";
  p.mirrors = "drivers/iommu/amd/pasid.c, sva_arch_invalidate_secondary_tlbs(); drivers/iommu/amd/iommu.c, iommu_completion_wait()";
  p.says = "the device walks the CPU's page table; what it keeps is flushed with the CPU's TLB";
  p.driver.programs = {kAccess, kHardware, kSecondary, kRelease};
  p.driver.lists = {{.start = {}, .end = {}, .release = "release", .secondary = "secondary"}};
  p.driver.devices = {{.discipline = MS_discipline_shared_table}};
  p.scenarios = {
      {.name = "munmap", .threads = {{"device", "access", 1, 2}, {"process", "munmap", 0, 2}, kQueue}},
      {.name = "two", .threads = {{"device", "access", 0, 1}, {"process 1", "dontneed", 0, 1}, {"process 2", "dontneed", 1, 2}, kQueue}},
      {.name = "reclaim", .threads = {{"device", "access", 0, 1}, {"kswapd", "reclaim", 0, 1}, kQueue}, .pages = 1},
      {.name = "compaction", .threads = {{"device", "access", 0, 1}, {"kcompactd", "compaction", 0, 1}, kQueue}, .pages = 1},
      {.name = "mremap", .threads = {{"device", "access", 0, 1}, {"process", "mremap_away", 0, 1}, kQueue}, .pages = 1},
  };
  p.mutants = {
      // CVE-2026-68329
      {.name = "flag_of_another_trusted", .says = "a flush returns when another has queued the completion, and does not wait for it",
       .rule = "ORD-12", .scenario = "two",
       .edits = {replace("secondary", "wait for the last", {label("wait for the last"), unlock(iommu_lock), end()})}},
      {.name = "flag_asked_outside_lock", .says = "asks the flag before it queues its own command", .rule = "ORD-12", .scenario = "two",
       .edits = {drop("secondary", "synced?"),
                 insert_before("secondary", "lock", {if_var(need_sync, 1, "leave to the other")}),
                 replace("secondary", "return", {label("return"), label("leave to the other")})}},
      {.name = "completion_not_waited_for", .says = "queues the flush and returns", .rule = "ORD-12", .scenario = "munmap",
       .edits = {replace("secondary", "wait", {jump("return")})}},
      {.name = "last_page_not_flushed", .says = "takes the end of the range for its last page", .rule = "ORD-12", .scenario = "munmap",
       .edits = {insert_before("secondary", "queue", {narrow(not_last)})}},
      {.name = "freed_before_flush", .says = "the kernel frees the pages before it flushes the device's TLB", .rule = "ORD-12",
       .scenario = "munmap", .edits = {swap("munmap", "secondary_tlbs", "free_pages")}},
  };
  return p;
}

}  // namespace mirrorscope::model
