// SPDX-License-Identifier: Apache-2.0
// Does memory that a process maps for its device stay pinned until it takes it back, whatever becomes of the addresses?
#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "cli.h"
#include "kvm/kvm_vm.h"

using namespace lab;

namespace {
constexpr std::size_t kBytes = std::size_t{1} << 20;

struct Settings {
  std::uint64_t group = 0, rounds = 50;
  bool stale = false, tap = false;
};

Settings read_settings(int argc, char** argv) {
  Settings s;
  Cli cli(
      "vfio_map", "maps a megabyte for a device and takes it back, again and again",
      "Needs a device that vfio-pci has (tests/lab/inside/vfio.sh prints its group) and VFIO's type 1 IOMMU driver.\n"
      "Examples:\n"
      "  vfio_map --group 5\n"
      "  vfio_map --group 5 --stale --tap     # the addresses go while the device has them: this program's mistake");
  cli.number("--group", "number of the device's IOMMU group", s.group);
  cli.number("--rounds", "how often", s.rounds);
  cli.flag("--stale", "munmap the memory before it is taken back from the device", s.stale);
  cli.flag("--tap", "open /dev/kvm too: an mm without any notifier tells nobody what it unmaps", s.tap);
  cli.parse(argc, argv);
  return s;
}

// The container with its group in it, and type 1 set.
int open_container(std::uint64_t number) {
  const int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
  if (container < 0) cannot_run("vfio_map: " + *sys_problem("opening /dev/vfio/vfio", errno));
  const std::string path = "/dev/vfio/" + std::to_string(number);
  const int group = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (group < 0) cannot_run("vfio_map: " + *sys_problem("opening " + path, errno));
  if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
    cannot_run("vfio_map: " + *sys_problem("VFIO_GROUP_SET_CONTAINER", errno));
  if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
    cannot_run("vfio_map: " + *sys_problem("VFIO_SET_IOMMU", errno));
  return container;  // the group stays open as long as the process
}

}  // namespace

int main(int argc, char** argv) {
  const Settings s = read_settings(argc, argv);
  KvmVm tap;
  if (s.tap)
    if (auto p = tap.open()) cannot_run("vfio_map: " + *p);
  const int container = open_container(s.group);
  for (std::uint64_t i = 0; i < s.rounds; i++) {
    void* at = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (at == MAP_FAILED) cannot_run("vfio_map: " + *sys_problem("mmap", errno));
    vfio_iommu_type1_dma_map map{};
    map.argsz = sizeof map;
    map.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
    map.vaddr = std::uint64_t(at);
    map.iova = 0x100000;
    map.size = kBytes;
    if (ioctl(container, VFIO_IOMMU_MAP_DMA, &map))
      cannot_run("vfio_map: " + *sys_problem("VFIO_IOMMU_MAP_DMA", errno));
    if (s.stale) munmap(at, kBytes);
    vfio_iommu_type1_dma_unmap unmap{};
    unmap.argsz = sizeof unmap;
    unmap.iova = map.iova;
    unmap.size = kBytes;
    if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap) || unmap.size != kBytes) {
      std::fprintf(stderr, "vfio_map: %llu bytes came back of a megabyte\n",
                   static_cast<unsigned long long>(unmap.size));
      return exit_wrong;
    }
    if (!s.stale) munmap(at, kBytes);
  }
  std::printf("mapped and taken back %llu times\n", static_cast<unsigned long long>(s.rounds));
  return exit_ok;
}
