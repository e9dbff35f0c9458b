// SPDX-License-Identifier: Apache-2.0
// Which records mean nothing unless they name the mm, or the notifier, that they are about. Probes of the kernel always do, because the pointer
// is there to be read; a hook of a user, or whoever writes a trace by hand, need not.
#pragma once

#include <cstdint>

#include "schema/events.h"

namespace mirrorscope {

constexpr bool must_name_mm(uint16_t event) {
  switch (event) {
    case EV_inv_start: case EV_inv_start_ret: case EV_inv_end: case EV_inv_end_ret:
    case EV_cb_enter: case EV_cb_ret: case EV_hl_start: case EV_hl_start_ret: case EV_hl_end: case EV_hl_end_ret:
    case EV_sub_insert: case EV_sub_insert_ret: case EV_sub_seen: case EV_mn_register: case EV_mn_register_ret: case EV_mn_seen:
    case EV_mm_release: case EV_mm_release_ret: case EV_mm_exit: case EV_mm_exit_ret: case EV_mm_end:
    case EV_read_begin: case EV_read_begin_ret: case EV_range_fault: case EV_range_fault_ret:
      return true;
    default:
      return false;
  }
}

constexpr bool must_name_sub(uint16_t event) {
  switch (event) {
    case EV_sub_insert: case EV_sub_insert_ret: case EV_sub_remove: case EV_sub_remove_ret: case EV_sub_seen:
    case EV_cb_enter: case EV_cb_ret:
      return true;
    default:
      return false;
  }
}

// Ev is the struct of `event`.
template <uint16_t event, typename Ev>
constexpr bool is_placed(const Ev& e) {
  if constexpr (must_name_mm(event))
    if (!e.h.mm) return false;
  if constexpr (must_name_sub(event))
    if (!e.sub) return false;
  return true;
}

}  // namespace mirrorscope
