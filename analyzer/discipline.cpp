// SPDX-License-Identifier: Apache-2.0
// The table of drivers, read from Linux 7.2.
#include "analyzer/discipline.h"

#include <array>

namespace mirrorscope {

namespace {
using enum Discipline;

constexpr auto kDrivers = std::to_array<DriverRow>({
    // rxe_odp_mr_copy() releases umem_mutex itself
    {.driver = MS_driver_rxe_odp,
     .discipline = unmap,
     .dma_end_is_late = true,
     .callbacks = {{{"rxe_ib_invalidate_range", SetsSeq::always}}},
     .source = "drivers/infiniband/sw/rxe/rxe_odp.c"},
    {.driver = MS_driver_mlx5,
     .discipline = unmap,
     .callbacks = {{{"mlx5_ib_invalidate_range", SetsSeq::always}}},
     .source = "drivers/infiniband/hw/mlx5/odp.c"},
    // the callbacks are those of the drivers that use it
    {.driver = MS_driver_ib_umem_odp, .discipline = unmap},
    // an mmu_notifier; kvm_tdp_mmu_page_fault() asks is_page_fault_stale() under mmu_lock
    {.driver = MS_driver_kvm,
     .discipline = unmap,
     .asks_before_each_map = true,
     .callbacks = {{{"kvm_mmu_notifier_invalidate_range_start", SetsSeq::never}}},
     .source = "virt/kvm/kvm_main.c"},
    // drm_gpusvm_range_remove() takes notifier_lock behind its entry
    {.driver = MS_driver_drm_gpusvm,
     .discipline = unmap,
     .removed_comes_early = true,
     .callbacks = {{{"drm_gpusvm_notifier_invalidate", SetsSeq::always}}},
     .source = "drivers/gpu/drm/drm_gpusvm.c"},
    {.driver = MS_driver_xe_svm, .discipline = unmap},
    // unmaps in the finish pass if the device can fault, else waits for fences
    {.driver = MS_driver_xe_userptr,
     .discipline = unmap,
     .each_object_says = true,
     .callbacks = {{{"xe_vma_userptr_invalidate_start", SetsSeq::always}}},
     .source = "drivers/gpu/drm/xe/xe_userptr.c"},
    // the interval's callback only stores the sequence: the unmap is in nouveau's mmu_notifier, which runs later in the
    // same start and does nothing for the device's own migration, which unmaps by itself
    {.driver = MS_driver_nouveau,
     .discipline = unmap,
     .callbacks = {{{"nouveau_svm_range_invalidate", SetsSeq::always},
                    {"nouveau_svmm_invalidate_range_start", SetsSeq::never}}},
     .source = "drivers/gpu/drm/nouveau/nouveau_svm.c"},
    // an object of kfd is as its process: with xnack off it stops queues; returns at once for a release
    {.driver = MS_driver_kfd_svm,
     .discipline = quiesce,
     .each_object_says = true,
     .callbacks = {{{"svm_range_cpu_invalidate_pagetables", SetsSeq::always}}},
     .source = "drivers/gpu/drm/amd/amdkfd/kfd_svm.c"},
    // amdgpu_amdkfd_evict_userptr() returns at once while a CRIU restore blocks notifications
    {.driver = MS_driver_kfd_userptr,
     .discipline = quiesce,
     .callbacks = {{{"amdgpu_hmm_invalidate_hsa", SetsSeq::not_always}}},
     .source = "drivers/gpu/drm/amd/amdgpu/amdgpu_amdkfd_gpuvm.c"},
    {.driver = MS_driver_amdgpu_userptr,
     .discipline = fence,
     .callbacks = {{{"amdgpu_hmm_invalidate_gfx", SetsSeq::always}}},
     .source = "drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c"},
    {.driver = MS_driver_amdxdna,
     .discipline = fence,
     .callbacks = {{{"amdxdna_hmm_invalidate", SetsSeq::always}}},
     .source = "drivers/accel/amdxdna/amdxdna_gem.c"},
    // read_begin() only as a barrier after the insert
    {.driver = MS_driver_gntdev,
     .discipline = unmap,
     .callbacks = {{{"gntdev_invalidate", SetsSeq::never}}},
     .source = "drivers/xen/gntdev.c"},
    {.driver = MS_driver_i915_userptr,
     .discipline = pin,
     .callbacks = {{{"i915_gem_userptr_invalidate", SetsSeq::always}}},
     .source = "drivers/gpu/drm/i915/gem/i915_gem_userptr.c"},
    {.driver = MS_driver_hfi1,
     .discipline = pin,
     .callbacks = {{{"tid_rb_invalidate", SetsSeq::never}, {"tid_cover_invalidate", SetsSeq::unmap_only}}},
     .source = "drivers/infiniband/hw/hfi1/user_exp_rcv.c"},
    // __ib_umem_release(dev, umem, dirty)
    {.driver = MS_driver_ib_umem, .discipline = pin, .dereg_says_dirty = true},
    {.driver = MS_driver_rxe, .discipline = pin},
    {.driver = MS_driver_io_uring, .discipline = pin},
    {.driver = MS_driver_vfio, .discipline = pin},
    // without a hook of ours
    {.discipline = unmap,
     .callbacks = {{{"dmirror_interval_invalidate", SetsSeq::always},
                    {"dmirror_snapshot_invalidate", SetsSeq::always}}},
     .source = "lib/test_hmm.c"},
    {.discipline = unmap,
     .callbacks = {{{"mshv_region_interval_invalidate", SetsSeq::always}}},
     .source = "drivers/hv/mshv_regions.c"},
    // no read_retry(), pages by GUP
    {.discipline = fence,
     .callbacks = {{{"radeon_mn_invalidate", SetsSeq::never}}},
     .source = "drivers/gpu/drm/radeon/radeon_mn.c"},
    {.discipline = shared_table,
     .callbacks = {{{"intel_arch_invalidate_secondary_tlbs", SetsSeq::never}}},
     .source = "drivers/iommu/intel/svm.c"},
    {.discipline = shared_table,
     .callbacks = {{{"sva_arch_invalidate_secondary_tlbs", SetsSeq::never}}},
     .source = "drivers/iommu/amd/pasid.c"},
    {.discipline = shared_table,
     .callbacks = {{{"arm_smmu_mm_arch_invalidate_secondary_tlbs", SetsSeq::never}}},
     .source = "drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-sva.c"},
});

// The row whose callback this is.
const DriverRow* row_of(std::string_view function) {
  if (function.empty()) return nullptr;
  for (const DriverRow& row : kDrivers)
    for (const DriverCallback& c : row.callbacks)
      if (c.function == function) return &row;
  return nullptr;
}

// What is known of all objects of a driver, whatever each has said.
std::optional<Discipline> promise_of_all(uint32_t driver) {
  const DriverRow& row = driver_row(driver);
  return row.each_object_says ? std::nullopt : row.discipline;
}
}  // namespace

const DriverCallback* driver_callback(std::string_view function) {
  const DriverRow* row = row_of(function);
  if (!row) return nullptr;
  return row->callbacks[0].function == function ? &row->callbacks[0] : &row->callbacks[1];
}

std::optional<Discipline> promise(const Ctx& ctx, const Mirror& mirror) {
  switch (ctx.discipline) {
    case MS_discipline_unmap:
      return unmap;
    case MS_discipline_fence:
      return fence;
    case MS_discipline_quiesce:
      return quiesce;
    case MS_discipline_pin:
      return pin;
    case MS_discipline_shared_table:
      return shared_table;
  }
  if (const auto known = promise_of_all(ctx.driver)) return known;
  const Sub* sub = ctx.sub ? mirror.sub(ctx.sub) : nullptr;
  const CallbackFn* fn = sub ? mirror.callback(sub->fn) : nullptr;
  const DriverRow* known = fn ? row_of(fn->name.data()) : nullptr;
  return known ? known->discipline : std::nullopt;
}

Since since_promised(const Ctx* ctx, const Since& since) {
  if (!ctx) return {since, 0};
  if (ctx->discipline) return {since, ctx->begun.time};
  return ctx->stated || promise_of_all(ctx->driver) ? since : Since(since, 0);
}

Since since_running(const Ctx* ctx, const Since& since) {
  if (!ctx) return {since, 0};
  return since_promised(ctx, {since, ctx->resumed ? ctx->resumed.time : ctx->begun.time});
}

bool gates_work(std::optional<Discipline> discipline) { return discipline == fence || discipline == quiesce; }

bool is_own(const Ctx& ctx, uint32_t reason, uint64_t owner) {
  return owner && owner == ctx.owner && (reason == MS_reason_migrate || reason == MS_reason_exclusive);
}

const DriverRow& driver_row(uint32_t driver) {
  // asked for every access
  static constexpr auto kByDriver = [] {
    std::array<DriverRow, MS_driver_hook + 1> rows{};
    for (const DriverRow& row : kDrivers)
      if (row.driver != MS_driver_none) rows[row.driver] = row;
    return rows;
  }();
  return driver < kByDriver.size() ? kByDriver[driver] : kByDriver[MS_driver_none];
}

std::string_view to_string(Discipline discipline) {
  switch (discipline) {
    case unmap:
      return "unmap";
    case fence:
      return "fence";
    case quiesce:
      return "quiesce";
    case pin:
      return "pin";
    case shared_table:
      return "shared page table";
  }
  return "?";
}

}  // namespace mirrorscope
