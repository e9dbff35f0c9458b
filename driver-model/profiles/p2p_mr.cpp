// SPDX-License-Identifier: Apache-2.0
// A memory region over a dma-buf: the exporter may move the buffer, and tells the importer so under the buffer's reservation.
//
// The range stands for the buffer. What differs from the kernel: here the importer waits for the exporter's copy before it asks where
// the pages are; ib_umem_dmabuf_map_pages() asks first and waits before anybody uses the answer.
#include "driver-model/profiles/profile.h"

namespace mirrorscope::model {

namespace {
constexpr u8 resv = 1;
constexpr u8 mr = 0, pinned_mr = 1;
constexpr u8 sgt = shared_pfns(0);
constexpr u8 moving = 0;  // DMA_RESV_USAGE_KERNEL fences of the exporter that are not signalled

// pagefault_dmabuf_mr(), ib_umem_dmabuf_map_pages(); then the NIC
const Program kAccess = program("access", {
    label("again"),
    at("reserve", lock(resv)),
    if_no_pfns(sgt, "map"),
    jump("update"),
    label("map"),
    at("fence", await_var(moving, 0)),  // dma_resv_wait_timeout(..., DMA_RESV_USAGE_KERNEL, ...)
    at("attach", buf_map(sgt)),
    label("update"),
    at("entries", dev_map(mr, no_sub, writes_buffer, invalid_tok, sgt)),  // mlx5r_umr_update_mr_pas()
    at("reserved", unlock(resv)),
    dma_begin(mr, "again"),
    dma_access(),
    dma_end(),
    end(),
});

// mlx5_ib_dmabuf_invalidate_cb(), under the reservation
const Program kNotify = program("invalidate_mappings", {
    at("zap", dev_unmap(mr, no_sub)),
    at("rest", drain(mr)),
    at("forget", clear_pfns(sgt)),  // ib_umem_dmabuf_unmap_pages()
    end(),
});

// An exporter evicts the buffer: dma_buf_invalidate_mappings(), then a copy that ends some time later
const Program kMove = program("move", {
    lock(resv),
    first_page(),
    folio_lock("pinned"),
    says(Says::buf_move, mr),
    at("notify", call("invalidate_mappings")),
    says(Says::buf_move_done, mr),
    says(Says::buf_move, pinned_mr),  // whose importer can do nothing about it
    says(Says::buf_move_done, pinned_mr),
    add_var(moving, 1),
    unmap_to_migration().one(),
    unlock(resv),
    move_folio().one(),
    folio_unlock().one(),
    add_var(moving, -1),
    end(),
    label("pinned"),
    unlock(resv),
    end(),
});

// ib_umem_dmabuf_get_pinned(): the buffer stays where it is until the MR ends
const Program kPinned = program("pinned mr", {
    lock(resv),
    at("fence", await_var(moving, 0)),
    at("pin", pin(own_pfns, writes, 0, pinned_mr)),  // dma_buf_pin(), dma_buf_map_attachment()
    dev_map(pinned_mr, no_sub, writes, invalid_tok),
    unlock(resv),
    dma_begin(pinned_mr, "over"),
    dma_access(),
    dma_end(),
    label("over"),
    lock(resv),
    dev_unmap(pinned_mr, no_sub),
    at("unpin", unpin(own_pfns, true, pinned_mr)),
    unlock(resv),
    end(),
});
}  // namespace

Profile profile_p2p_mr() {
  Profile p;
  p.name = "p2p_mr";
  p.mirrors = "drivers/infiniband/core/umem_dmabuf.c, ib_umem_dmabuf_map_pages(); drivers/infiniband/hw/mlx5/odp.c, pagefault_dmabuf_mr(); "
              "mr.c, mlx5_ib_dmabuf_invalidate_cb()";
  p.says = "asks a dma-buf where its pages are, and forgets it when the exporter says that it moves them";
  p.driver.programs = {kAccess, kNotify, kMove, kPinned};
  p.driver.devices = {{.sub = no_sub, .discipline = MS_discipline_unmap}, {.sub = no_sub, .discipline = MS_discipline_pin}};
  p.driver.lock_kinds = {{resv, MS_lock_kind_reservation}};
  p.scenarios = {
      {.name = "move", .threads = {{"nic", "access", 0, 1}, {"exporter", "move", 0, 1}}},
      {.name = "twice", .threads = {{"nic", "access", 0, 1}, {"exporter 1", "move", 0, 1}, {"exporter 2", "move", 0, 1}}},
      {.name = "two_nics", .threads = {{"nic 1", "access", 0, 1}, {"nic 2", "access", 0, 1}, {"exporter", "move", 0, 1}}},
      {.name = "pinned", .threads = {{"nic", "pinned mr", 0, 1}, {"exporter", "move", 0, 1}}},
  };
  p.mutants = {
      {.name = "move_ignored", .says = "the importer does nothing when it is told", .rule = "P2P-04", .scenario = "two_nics",
       .edits = {drop("invalidate_mappings", "zap"), drop("invalidate_mappings", "rest"), drop("invalidate_mappings", "forget")},
       .implied = {"ORD-12"}},
      {.name = "remembers", .says = "the translations go, and the list of pages stays for the next fault", .rule = "ORD-12", .scenario = "two_nics",
       .edits = {drop("invalidate_mappings", "forget")}},
      {.name = "without_reservation", .says = "looks up and maps without the buffer's lock", .rule = "ORD-12", .scenario = "move",
       .edits = {drop("access", "reserve"), drop("access", "reserved")}},
      {.name = "copy_not_waited_for", .says = "uses the buffer while its exporter still copies", .rule = "ORD-12", .scenario = "move",
       .edits = {drop("access", "fence")}},
      {.name = "not_pinned", .says = "an MR that cannot fault, over a buffer that may move", .rule = "P2P-03", .scenario = "pinned",
       .edits = {replace("pinned mr", "pin", {buf_map(own_pfns)}), drop("pinned mr", "unpin")},
       .implied = {"ORD-12"}},
  };
  return p;
}

}  // namespace mirrorscope::model
