// SPDX-License-Identifier: Apache-2.0
// What processes and memory management do around a driver, as programs that every scenario can start as threads or call.
//
//   munmap            munmap() of the thread's pages                  UNMAP, mmap_lock for write
//   remap_fixed       mmap(MAP_FIXED) over them, then a write         UNMAP
//   mremap_away       mremap() of them to the two pages from va 2 on  UNMAP of the old range
//   dontneed          madvise(MADV_DONTNEED)                          CLEAR
//   dontneed_touch    the same, then a write: another page is there   CLEAR
//   mprotect_ro       mprotect(PROT_READ)                             PROTECTION_VMA
//   fork_write        fork(), then a write of the parent: COW         PROTECTION_PAGE, CLEAR
//   reclaim           the first page goes to swap, if nobody uses it  CLEAR
//   swap_in           the same, and a write brings it back: another frame
//   compaction        the first page moves to another frame           CLEAR
//   writeback         the first page is made clean and read-only      PROTECTION_PAGE
//   thp_split         a huge page becomes small ones                  CLEAR over the whole huge page
//   exit_mm           the last user of the address space leaves       RELEASE, then UNMAP of everything
//   process_mrelease  the pages are reaped without waiting            CLEAR, non-blockable
//   cpu_write         a write of the process to its pages
//   migrate_vma_to_device, migrate_vma_to_ram                         what migrate_vma_setup() does, for drivers to call
//   fault_read, fault_write, exit_mmap                                handle_mm_fault(), mmput()'s end: called by the machine
#pragma once

#include <vector>

#include "driver-model/machine/program.h"

namespace mirrorscope::model {

std::vector<Program> environment();

}  // namespace mirrorscope::model
