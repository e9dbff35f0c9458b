// SPDX-License-Identifier: Apache-2.0
// To which part of the protocol an event belongs: what a reader tells apart by colour.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "schema/events.h"

namespace mirrorscope {

enum class Area : uint8_t { invalidation, callback, fault, mapping, access, migration, pin, life, areas };

constexpr std::string_view to_string(Area area) {
  constexpr std::string_view kNames[] = {"invalidation", "callback", "fault", "mapping", "DMA", "migration", "pin", "life", "?"};
  return kNames[static_cast<size_t>(area)];
}

constexpr Area area_of(uint16_t id) {
  if (id <= EV_inv_end_ret || id == EV_itree_end || id == EV_itree_end_ret || id == EV_vma_unmap || id == EV_vma_remap ||
      id == EV_vma_discard)
    return Area::invalidation;
  if (id >= EV_cb_enter && id <= EV_hl_release_ret) return Area::callback;
  if (id == EV_read_begin || id == EV_read_begin_ret || id == EV_range_fault || id == EV_range_fault_ret || id == EV_dev_fault ||
      id == EV_dev_fault_ret || id == EV_revalidate)
    return Area::fault;
  if (id == EV_dev_map || id == EV_dev_unmap || id == EV_dev_flush_submit || id == EV_dev_flush_done) return Area::mapping;
  if (id == EV_dma_begin || id == EV_dma_end || id == EV_job_begin || id == EV_job_end) return Area::access;
  if ((id >= EV_migrate_setup && id <= EV_migrate_device_finalize_ret) || id == EV_copy_begin || id == EV_copy_end || id == EV_devmem)
    return Area::migration;
  if ((id >= EV_pin && id <= EV_unpin_ret) || id == EV_page_hold || id == EV_page_release || id == EV_reg || id == EV_dereg ||
      id == EV_reg_hit)
    return Area::pin;
  return Area::life;
}

}  // namespace mirrorscope
