// SPDX-License-Identifier: Apache-2.0
// Which bits of the kernel's own flags stand in the records, where the mirror or a rule looks at one.
#pragma once

#include <cstdint>

namespace mirrorscope {

// hmm_range.default_flags, include/linux/hmm.h
inline constexpr uint64_t kHmmReqFault = 1ull << 63;  // HMM_PFN_REQ_FAULT
inline constexpr uint64_t kHmmReqWrite = 1ull << 62;  // HMM_PFN_REQ_WRITE

// gup_flags, include/linux/mm_types.h since 6.3 (2c2241081f7d); 6.1 has other numbers for them
inline constexpr uint32_t kFollLongterm = 1u << 8;
inline constexpr uint32_t kFollPciP2pdma = 1u << 10;

// vm_flags, include/linux/mm.h. Shared memory has VM_MAYSHARE; VM_SHARED (8) is taken from what maps a file that was opened for reading
// (mm/mmap.c, do_mmap()).
inline constexpr uint64_t kVmShared = 0x80 | 8;

}  // namespace mirrorscope
