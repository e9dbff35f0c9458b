// SPDX-License-Identifier: Apache-2.0
// Which address a thing of the model has in a record: fixed numbers, the same in every execution.
#pragma once

#include <cstdint>

namespace mirrorscope::model {

inline constexpr uint64_t kPageSize = 0x1000;
inline constexpr uint64_t first_byte = 0x100000;
inline constexpr uint64_t mm_ptr = 0xffff888000001000, subscriptions_ptr = 0xffff888000002000,
                          child_mm_ptr = 0xffff888000003000;
inline constexpr uint32_t tgid = 100;
inline constexpr uint32_t tid_of(unsigned thread) { return tgid + thread; }
inline constexpr uint64_t addr(unsigned va) { return first_byte + va * kPageSize; }
inline constexpr uint64_t sub_ptr(unsigned sub) { return 0xffff888000010000 + sub * 0x100; }
inline constexpr uint64_t list_ptr(unsigned list) { return 0xffff888000020000 + list * 0x100; }
inline constexpr uint64_t device_ptr(unsigned device) { return 0xffff888000030000 + device * 0x1000; }
inline constexpr uint64_t finish_ptr(unsigned sub) { return 0xffff888000040000 + sub * 0x40; }
inline constexpr uint64_t lock_ptr(unsigned lock) { return 0xffff888000050000 + lock * 0x40; }
inline constexpr uint64_t ops_ptr(unsigned sub) { return 0xffffffffc0100000 + sub * 0x100; }
inline constexpr uint64_t fn_ptr(unsigned program) { return 0xffffffffc0000000 + program * 0x100; }
inline constexpr uint64_t owner_ptr(unsigned owner) { return owner ? 0xffff888000060000 + owner * 0x100 : 0; }
inline constexpr uint64_t range_ptr(unsigned thread, unsigned nested) {
  return 0xffffc90000000000 + thread * 0x10000 + nested * 0x80;
}
inline constexpr uint64_t stack_ptr(unsigned thread, unsigned what) {
  return 0xffffc90000008000 + thread * 0x10000 + what * 0x100;
}
inline constexpr uint64_t pfns_ptr(unsigned thread, unsigned array) {
  return array & 0x10 ? 0xffff888000070000 + (array & 0xf) * 0x100 : stack_ptr(thread, 8 + array);
}
inline constexpr uint64_t pfn_of(unsigned frame) { return 0x40000 + frame; }

}  // namespace mirrorscope::model
