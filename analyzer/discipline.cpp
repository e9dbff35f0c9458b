// SPDX-License-Identifier: Apache-2.0
// The table of disciplines, read from the drivers of Linux 7.2.
#include "analyzer/discipline.h"

#include <array>

namespace mirrorscope {

namespace {
using enum Discipline;

constexpr auto kCallbacks = std::to_array<DriverCallback>({
    {"dmirror_interval_invalidate", unmap, SetsSeq::always, "lib/test_hmm.c"},
    {"dmirror_snapshot_invalidate", unmap, SetsSeq::always, "lib/test_hmm.c"},
    {"rxe_ib_invalidate_range", unmap, SetsSeq::always, "drivers/infiniband/sw/rxe/rxe_odp.c"},
    {"mlx5_ib_invalidate_range", unmap, SetsSeq::always, "drivers/infiniband/hw/mlx5/odp.c"},
    {"drm_gpusvm_notifier_invalidate", unmap, SetsSeq::always, "drivers/gpu/drm/drm_gpusvm.c"},
    // the unmap is in the finish pass when the device can fault
    {"xe_vma_userptr_invalidate_start", unmap, SetsSeq::always, "drivers/gpu/drm/xe/xe_userptr.c"},
    // returns at once for a release; with xnack off it stops queues instead
    {"svm_range_cpu_invalidate_pagetables", quiesce, SetsSeq::always, "drivers/gpu/drm/amd/amdkfd/kfd_svm.c"},
    // only stores the sequence: the unmap is in nouveau's mmu_notifier, which runs later in the same start
    {"nouveau_svm_range_invalidate", unmap, SetsSeq::always, "drivers/gpu/drm/nouveau/nouveau_svm.c"},
    // nothing for the device's own migration, which unmaps by itself
    {"nouveau_svmm_invalidate_range_start", unmap, SetsSeq::never, "drivers/gpu/drm/nouveau/nouveau_svm.c: an mmu_notifier"},
    {"mshv_region_interval_invalidate", unmap, SetsSeq::always, "drivers/hv/mshv_regions.c"},
    {"gntdev_invalidate", unmap, SetsSeq::never, "drivers/xen/gntdev.c: read_begin() only as a barrier after the insert"},
    {"kvm_mmu_notifier_invalidate_range_start", unmap, SetsSeq::never, "virt/kvm/kvm_main.c: an mmu_notifier"},
    {"amdgpu_hmm_invalidate_gfx", fence, SetsSeq::always, "drivers/gpu/drm/amd/amdgpu/amdgpu_hmm.c"},
    {"amdxdna_hmm_invalidate", fence, SetsSeq::always, "drivers/accel/amdxdna/amdxdna_gem.c"},
    {"radeon_mn_invalidate", fence, SetsSeq::never, "drivers/gpu/drm/radeon/radeon_mn.c: no read_retry(), pages by GUP"},
    // amdgpu_amdkfd_evict_userptr() returns at once while a CRIU restore blocks notifications
    {"amdgpu_hmm_invalidate_hsa", quiesce, SetsSeq::not_always, "drivers/gpu/drm/amd/amdgpu/amdgpu_amdkfd_gpuvm.c"},
    {"i915_gem_userptr_invalidate", pin, SetsSeq::always, "drivers/gpu/drm/i915/gem/i915_gem_userptr.c"},
    {"tid_rb_invalidate", pin, SetsSeq::never, "drivers/infiniband/hw/hfi1/user_exp_rcv.c"},
    {"tid_cover_invalidate", pin, SetsSeq::unmap_only, "drivers/infiniband/hw/hfi1/user_exp_rcv.c"},
    {"intel_arch_invalidate_secondary_tlbs", shared_table, SetsSeq::never, "drivers/iommu/intel/svm.c"},
    {"sva_arch_invalidate_secondary_tlbs", shared_table, SetsSeq::never, "drivers/iommu/amd/pasid.c"},
    {"arm_smmu_mm_arch_invalidate_secondary_tlbs", shared_table, SetsSeq::never,
     "drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3-sva.c"},
});

constexpr auto kHooks = std::to_array<HookRow>({
    {.driver = MS_driver_ib_umem_odp, .discipline = unmap},
    // rxe_odp_mr_copy() releases umem_mutex itself
    {.driver = MS_driver_rxe_odp, .discipline = unmap, .dma_end_is_late = true},
    {.driver = MS_driver_mlx5, .discipline = unmap},
    // kvm_tdp_mmu_page_fault() asks is_page_fault_stale() under mmu_lock
    {.driver = MS_driver_kvm, .discipline = unmap, .asks_before_each_map = true},
    // drm_gpusvm_range_remove() takes notifier_lock behind its entry
    {.driver = MS_driver_drm_gpusvm, .discipline = unmap, .removed_comes_early = true},
    {.driver = MS_driver_xe_svm, .discipline = unmap},
    {.driver = MS_driver_nouveau, .discipline = unmap},
    // __ib_umem_release(dev, umem, dirty)
    {.driver = MS_driver_ib_umem, .discipline = pin, .dereg_says_dirty = true},
    {.driver = MS_driver_rxe, .discipline = pin},
    {.driver = MS_driver_io_uring, .discipline = pin},
    {.driver = MS_driver_vfio, .discipline = pin},
    {.driver = MS_driver_i915_userptr, .discipline = pin},
    {.driver = MS_driver_hfi1, .discipline = pin},
    {.driver = MS_driver_amdgpu_userptr, .discipline = fence},
    {.driver = MS_driver_kfd_userptr, .discipline = quiesce},
});
}  // namespace

std::span<const DriverCallback> driver_callbacks() { return kCallbacks; }

const DriverCallback* driver_callback(std::string_view function) {
  for (const DriverCallback& c : kCallbacks)
    if (c.function == function) return &c;
  return nullptr;
}

std::optional<Discipline> promise(const Ctx& ctx, const Mirror& mirror) {
  switch (ctx.discipline) {
    case MS_discipline_unmap: return unmap;
    case MS_discipline_fence: return fence;
    case MS_discipline_quiesce: return quiesce;
    case MS_discipline_pin: return pin;
    case MS_discipline_shared_table: return shared_table;
  }
  if (const auto known = hook_row(ctx.driver).discipline) return known;
  const Sub* sub = ctx.sub ? mirror.sub(ctx.sub) : nullptr;
  const CallbackFn* fn = sub ? mirror.callback(sub->fn) : nullptr;
  const DriverCallback* known = fn ? driver_callback(fn->name.data()) : nullptr;
  return known ? std::optional(known->discipline) : std::nullopt;
}

Since since_promised(const Ctx* ctx, const Since& since) {
  if (!ctx) return {since, 0};
  if (ctx->discipline) return {since, ctx->begun.time};
  return ctx->stated || hook_row(ctx->driver).discipline ? since : Since(since, 0);
}

Since since_running(const Ctx* ctx, const Since& since) {
  if (!ctx) return {since, 0};
  return since_promised(ctx, {since, ctx->resumed ? ctx->resumed.time : ctx->begun.time});
}

bool gates_work(std::optional<Discipline> discipline) { return discipline == fence || discipline == quiesce; }

bool is_own(const Ctx& ctx, uint32_t reason, uint64_t owner) {
  return owner && owner == ctx.owner && (reason == MS_reason_migrate || reason == MS_reason_exclusive);
}

const HookRow& hook_row(uint32_t driver) {
  // asked for every access
  static constexpr auto kByDriver = [] {
    std::array<HookRow, MS_driver_hook + 1> rows{};
    for (const HookRow& row : kHooks) rows[row.driver] = row;
    return rows;
  }();
  return driver < kByDriver.size() ? kByDriver[driver] : kByDriver[MS_driver_none];
}

std::string_view to_string(Discipline discipline) {
  switch (discipline) {
    case unmap: return "unmap";
    case fence: return "fence";
    case quiesce: return "quiesce";
    case pin: return "pin";
    case shared_table: return "shared page table";
  }
  return "?";
}

}  // namespace mirrorscope
