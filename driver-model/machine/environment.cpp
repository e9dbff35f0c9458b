// SPDX-License-Identifier: Apache-2.0
// The programs of environment.h, each beside the kernel function that it follows.
#include "driver-model/machine/environment.h"

namespace mirrorscope::model {

namespace {
Program fault(std::string_view name, u8 write) {  // mm/memory.c, __handle_mm_fault()
  return program(name, {label("again"), classify_fault(write),
                        if_ret(fault_installs, "install"), if_ret(fault_copies, "copy"), if_ret(fault_migrates, "migrate"), end(),
                        label("install"), install(write), end(),
                        label("copy"), inv_start(MS_reason_clear), cow_copy(), inv_end(), end(),  // wp_page_copy()
                        label("migrate"), call("migrate_to_ram"), jump("again")});
}

std::vector<Instr> of_range(u8 reason, Instr change) {
  return {lock_read(mmap_lock), inv_start(reason), change, inv_end(), secondary_tlbs(), free_pages(), unlock(mmap_lock), end()};
}

// One folio that mm/rmap.c finds: no mmap_lock, but the folio lock.
std::vector<Instr> of_folio(u8 reason, std::vector<Instr> inside, std::vector<Instr> then, std::vector<Instr> last = {}) {
  std::vector<Instr> code{first_page(), folio_lock("out"), inv_start(reason).one()};
  code.insert(code.end(), inside.begin(), inside.end());
  code.push_back(inv_end());
  code.insert(code.end(), then.begin(), then.end());
  code.push_back(folio_unlock().one());
  code.push_back(label("out"));
  code.insert(code.end(), last.begin(), last.end());
  code.push_back(end());
  return code;
}

std::vector<Instr> joined(std::vector<Instr> a, const std::vector<Instr>& b) {
  a.pop_back();  // end()
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<Instr> cpu_write() {
  return {first_page(), label("next page"), lock_read(mmap_lock), call("fault_write").one(), unlock(mmap_lock),
          next_page("next page"), end()};
}
}  // namespace

std::vector<Program> environment() {
  // secondary_tlbs() is where the CPU's TLB is flushed: tlb_flush_mmu() before pages are freed, ptep_clear_flush(), flush_tlb_mm()
  // mm/vma.c, vms_complete_munmap_vmas(): the VMAs are gone, entries follow, pages are freed behind the end
  const std::vector<Instr> munmap{lock(mmap_lock), vma_unmap(), inv_start(MS_reason_unmap), zap(), inv_end(),
                                  secondary_tlbs(), free_pages(), unlock(mmap_lock), end()};
  const std::vector<Instr> remap{lock(mmap_lock), vma_unmap(), inv_start(MS_reason_unmap), zap(), inv_end(),
                                 secondary_tlbs(), free_pages(), vma_map(), unlock(mmap_lock), end()};
  const std::vector<Instr> dontneed = of_range(MS_reason_clear, zap());  // zap_vma_range_batched()
  const std::vector<Instr> reclaim = of_folio(MS_reason_clear, {unmap_to_swap().one(), secondary_tlbs().one()}, {});  // try_to_unmap()
  return {
      program("munmap", munmap),
      program("remap_fixed", joined(remap, cpu_write())),
      program("mremap_away", {lock(mmap_lock), inv_start(MS_reason_unmap), move_entries(2), secondary_tlbs(), inv_end(),
                              unlock(mmap_lock), end()}),
      program("dontneed", dontneed),
      program("dontneed_touch", joined(dontneed, cpu_write())),
      program("mprotect_ro", {lock(mmap_lock), vma_protect(), inv_start(MS_reason_protection_vma), wrprotect(), secondary_tlbs(),
                              inv_end(), vma_protected(), unlock(mmap_lock), end()}),
      program("fork_write", joined({lock(mmap_lock), inv_start(MS_reason_protection_page), fork_copy(), inv_end(), secondary_tlbs(),
                                    unlock(mmap_lock), end()},
                                   cpu_write())),
      program("reclaim", reclaim),
      program("swap_in", joined(reclaim, cpu_write())),
      program("compaction", of_folio(MS_reason_clear, {unmap_to_migration().one(), secondary_tlbs().one()}, {move_folio().one()})),
      program("writeback", of_folio(MS_reason_protection_page, {writeback_clean().one(), secondary_tlbs().one()}, {})),
      program("thp_split", {widen(), lock_read(mmap_lock), inv_start(MS_reason_clear), split_huge(), inv_end(), unlock(mmap_lock), end()}),
      program("exit_mm", {mmput(), end()}),
      program("process_mrelease", {lock_read(mmap_lock), inv_start(MS_reason_clear, non_blockable), if_failed("out"), zap(), inv_end(),
                                   secondary_tlbs(), free_pages(), label("out"), unlock(mmap_lock), end()}),
      program("cpu_write", cpu_write()),
      program("migrate_vma_to_device", {migrate_setup(to_device), inv_start(MS_reason_migrate, blockable, 1), migrate_collect(to_device), secondary_tlbs(),
                                        inv_end(), migrate_setup_done(), end()}),
      program("migrate_vma_to_ram", {migrate_setup(to_ram), inv_start(MS_reason_migrate, blockable, 1), migrate_collect(to_ram), secondary_tlbs(),
                                     inv_end(), migrate_setup_done(), end()}),
      fault("fault_read", 0),
      fault("fault_write", 1),
      // mm/mmap.c, exit_mmap(): mn_itree_release() and the list first, then UNMAP of everything, with the subs still in the tree
      program("exit_mmap", {mm_exit(1), release_all(), lock_read(mmap_lock), inv_start(MS_reason_unmap), zap(), vma_unmap(), inv_end(),
                            secondary_tlbs(), free_pages(), unlock(mmap_lock), mm_exit(0), end()}),
  };
}

}  // namespace mirrorscope::model
