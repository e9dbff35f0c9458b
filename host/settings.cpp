// SPDX-License-Identifier: Apache-2.0
// The table of settings, and when each of them matters.
#include "host/settings.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace mirrorscope {

namespace {
namespace fs = std::filesystem;

// Settings that only bite with something else there ask for it below the same root.
struct Host {
  const fs::path& root;

  // First line, blanks at its end taken away; empty if there is none.
  std::string line(std::string_view path) const {
    std::ifstream file(root / fs::path(path).relative_path());
    std::string text;
    std::getline(file, text);
    text.erase(text.find_last_not_of(" \t\r") + 1);
    return text;
  }
  // "always [madvise] never" -> "madvise"
  std::string choice(std::string_view path) const {
    std::string text = line(path);
    const size_t open = text.find('['), close = text.find(']');
    return open != text.npos && close != text.npos && open < close ? text.substr(open + 1, close - open - 1) : text;
  }
  bool has_swap() const {
    std::ifstream file(root / "proc/swaps");
    std::string text;
    std::getline(file, text);  // the headings
    return static_cast<bool>(std::getline(file, text));
  }
  // "0-1", "0,2": more than one node
  bool has_several_nodes() const {
    return line("/sys/devices/system/node/online").find_first_of(",-") != std::string::npos;
  }
};

bool on(const std::string& v) { return v == "1" || v == "Y" || v == "y" || v == "true"; }
long number(const std::string& v) { return std::strtol(v.c_str(), nullptr, 0); }

struct Row {
  std::string_view path;
  Bearing bearing;
  bool (*matters)(const std::string& value, const Host& host);
  std::string_view says;
  std::string_view because;
  std::string_view advice;
};

constexpr Row table[] = {
    {"/proc/sys/kernel/numa_balancing", Bearing::storms,
     [](const std::string& v, const Host& h) { return (number(v) & 1) && h.has_several_nodes(); },
     "NUMA balancing takes the protection of whole ranges away to see who touches them, again and again",
     "kernel/sched/fair.c, task_numa_work(); mm/mprotect.c, change_pud_range(): MMU_NOTIFY_PROTECTION_VMA",
     "sysctl kernel.numa_balancing=0, or bind the process: numactl --membind"},
    {"/sys/kernel/mm/numa/demotion_enabled", Bearing::storms, [](const std::string& v, const Host&) { return on(v); },
     "cold pages are moved to slower memory, each move is an invalidation",
     "mm/vmscan.c, demote_folio_list(); mm/rmap.c, try_to_migrate_one(): MMU_NOTIFY_CLEAR",
     "echo false > /sys/kernel/mm/numa/demotion_enabled, or mlock() what devices mirror"},
    {"/sys/kernel/mm/transparent_hugepage/enabled", Bearing::storms, [](const std::string& v, const Host&) { return v == "always"; },
     "khugepaged collapses memory of any process into huge pages: 2 MiB of translations die at a time",
     "mm/khugepaged.c, collapse_huge_page(): MMU_NOTIFY_CLEAR",
     "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled, and madvise(MADV_HUGEPAGE) before registering"},
    {"/sys/kernel/mm/transparent_hugepage/shmem_enabled", Bearing::storms,
     [](const std::string& v, const Host&) { return v == "always" || v == "force"; },
     "khugepaged collapses shared memory too: every process that maps it is invalidated",
     "mm/khugepaged.c, retract_page_tables(): MMU_NOTIFY_CLEAR",
     "echo advise > /sys/kernel/mm/transparent_hugepage/shmem_enabled"},
    {"/sys/kernel/mm/transparent_hugepage/defrag", Bearing::storms, [](const std::string& v, const Host&) { return v == "always"; },
     "a fault that wants a huge page compacts memory at once: pages of others are moved",
     "mm/page_alloc.c, __alloc_pages_direct_compact(); mm/rmap.c, try_to_migrate_one(): MMU_NOTIFY_CLEAR",
     "echo madvise > /sys/kernel/mm/transparent_hugepage/defrag"},
    {"/sys/kernel/mm/ksm/run", Bearing::storms, [](const std::string& v, const Host&) { return v == "1"; },
     "KSM write-protects and replaces pages of memory that was given to it (MADV_MERGEABLE: most virtual machines)",
     "mm/ksm.c, write_protect_page(), replace_page(): MMU_NOTIFY_CLEAR",
     "echo 0 > /sys/kernel/mm/ksm/run, or for one virtual machine: qemu -machine mem-merge=off"},
    {"/proc/sys/vm/compaction_proactiveness", Bearing::storms, [](const std::string& v, const Host&) { return number(v) > 20; },
     "kcompactd moves pages in the background, above the default of 20 more eagerly",
     "mm/compaction.c, should_proactive_compact_node(); mm/rmap.c, try_to_migrate_one(): MMU_NOTIFY_CLEAR",
     "sysctl vm.compaction_proactiveness=20, 0 where latency counts"},
    {"/proc/sys/vm/zone_reclaim_mode", Bearing::storms, [](const std::string& v, const Host&) { return number(v) != 0; },
     "a full node reclaims its own pages although others are free",
     "mm/page_alloc.c, get_page_from_freelist(); mm/vmscan.c, node_reclaim(); mm/rmap.c, try_to_unmap_one(): MMU_NOTIFY_CLEAR",
     "sysctl vm.zone_reclaim_mode=0"},
    {"/proc/sys/vm/swappiness", Bearing::storms,
     [](const std::string& v, const Host& h) { return number(v) >= 60 && h.has_swap(); },
     "anonymous memory is swapped out although file pages could go: what a device mirrors on demand is faulted in again",
     "mm/vmscan.c, get_scan_count(); mm/rmap.c, try_to_unmap_one(): MMU_NOTIFY_CLEAR",
     "sysctl vm.swappiness=10, or memory.swap.max=0 in the cgroup of the process"},
    {"/sys/module/damon_reclaim/parameters/enabled", Bearing::storms, [](const std::string& v, const Host&) { return on(v); },
     "DAMON pages out what it finds cold; accesses of devices are not always seen by it",
     "mm/damon/reclaim.c; mm/damon/paddr.c, damon_pa_pageout()",
     "echo N > /sys/module/damon_reclaim/parameters/enabled"},
    {"/sys/module/vfio_iommu_type1/parameters/dma_entry_limit", Bearing::limits,
     [](const std::string& v, const Host&) { return number(v) < 65535; },
     "a VFIO container takes no more mappings than this: the next VFIO_IOMMU_MAP_DMA fails with ENOSPC",
     "drivers/vfio/vfio_iommu_type1.c, vfio_dma_do_map()",
     "modprobe vfio_iommu_type1 dma_entry_limit=65535, or map larger ranges"},
};
}  // namespace

std::vector<HostSetting> read_host(const fs::path& root) {
  const Host host{root};
  std::vector<HostSetting> found;
  for (const Row& row : table) {
    std::string value = host.choice(row.path);
    if (value.empty()) continue;
    const bool matters = row.matters(value, host);
    found.push_back({row.path, std::move(value), matters ? row.bearing : Bearing::fine, row.says, row.because,
                     matters ? row.advice : std::string_view{}});
  }
  return found;
}

HostSetting read_memlock_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  const bool limited = limit.rlim_cur != RLIM_INFINITY;
  return {"ulimit -l",
          limited ? std::to_string(limit.rlim_cur / 1024) + " KiB" : "unlimited",
          limited ? Bearing::limits : Bearing::fine,
          "pinned registrations of a process without CAP_IPC_LOCK fail with ENOMEM beyond it",
          "drivers/infiniband/core/umem.c, ib_umem_get(); drivers/vfio/vfio_iommu_type1.c, vfio_pin_pages_remote(); "
          "io_uring/rsrc.c, __io_account_mem()",
          limited ? std::string_view("ulimit -l unlimited, or memlock in limits.conf, LimitMEMLOCK= in the unit") : std::string_view{}};
}

}  // namespace mirrorscope
