// SPDX-License-Identifier: Apache-2.0
// How a program asks /dev/mirrorscope.
#include "driver-model/kernel/client/device.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace mirrorscope::device {
namespace {

constexpr const char* kPath = "/dev/mirrorscope";
constexpr std::array<std::string_view, MIRRORSCOPE_MODES> kModes = {"mirror",  "implicit", "registration", "fence",
                                                                    "quiesce", "pinned",   "devmem",       "gpusvm"};

constexpr std::array<std::string_view, MIRRORSCOPE_RANGES> kRanges = {"level", "vma", "temporary"};

int ask(int fd, unsigned long request, void* argument) { return ioctl(fd, request, argument) < 0 ? -errno : 0; }

uint64_t address(const void* at) { return reinterpret_cast<uint64_t>(at); }

}  // namespace

uint32_t mode_named(std::string_view name) {
  uint32_t mode = 0;
  while (mode < MIRRORSCOPE_MODES && kModes[mode] != name) ++mode;
  return mode;
}

uint32_t ranges_named(std::string_view name) {
  uint32_t ranges = 0;
  while (ranges < MIRRORSCOPE_RANGES && kRanges[ranges] != name) ++ranges;
  return ranges;
}

std::string_view name_of_mode(uint32_t mode) { return mode < MIRRORSCOPE_MODES ? kModes[mode] : "?"; }

std::vector<Mutant> mutants() {
  std::vector<Mutant> all;
  const int fd = ::open(kPath, O_RDWR | O_CLOEXEC);
  if (fd < 0) return all;
  mirrorscope_mutant one{};
  for (; ask(fd, MIRRORSCOPE_ENUMERATE, &one) == 0; ++one.index) all.push_back({one.name, one.mode, one.dangerous != 0});
  ::close(fd);
  return all;
}

Device::~Device() { close(); }

int Device::open(const Options& options) {
  mirrorscope_setup setup{};
  if (options.bug.size() >= sizeof setup.bug) return -ENOENT;
  setup.mode = options.mode;
  setup.window_us = options.window_us;
  setup.dma_us = options.dma_us;
  setup.ranges = options.ranges;
  setup.level_shift = options.level_shift;
  std::memcpy(setup.bug, options.bug.data(), options.bug.size());
  close();
  fd_ = ::open(kPath, O_RDWR | O_CLOEXEC);
  if (fd_ < 0) return -errno;
  const int ret = ask(fd_, MIRRORSCOPE_SETUP, &setup);
  if (ret != 0) close();
  return ret;
}

void Device::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int Device::range(unsigned long request, const void* at, size_t length, bool write) const {
  mirrorscope_range range{address(at), length, write, 0};
  return ask(fd_, request, &range);
}

int Device::fault(const void* at, size_t length, bool write) const { return range(MIRRORSCOPE_FAULT, at, length, write); }
int Device::to_device(const void* at, size_t length) const { return range(MIRRORSCOPE_TO_DEVICE, at, length, true); }
int Device::to_system(const void* at, size_t length) const { return range(MIRRORSCOPE_TO_SYSTEM, at, length, true); }

int Device::access(mirrorscope_access& access) const { return ask(fd_, MIRRORSCOPE_ACCESS, &access); }

int Device::read(const void* at, uint64_t& value, uint32_t handle) const {
  mirrorscope_access one{address(at), 0, MIRRORSCOPE_READ, handle};
  const int ret = access(one);
  value = one.value;
  return ret;
}

int Device::write(void* at, uint64_t value, uint32_t handle) const {
  mirrorscope_access one{address(at), value, MIRRORSCOPE_WRITE, handle};
  return access(one);
}

int Device::add(void* at, uint64_t value, uint64_t& was, uint32_t handle) const {
  mirrorscope_access one{address(at), value, MIRRORSCOPE_ADD, handle};
  const int ret = access(one);
  was = one.value;
  return ret;
}

int Device::submit(const void* at, size_t length, bool write, uint64_t& job, uint32_t handle) const {
  mirrorscope_job one{address(at), length, write, handle, 0};
  const int ret = ask(fd_, MIRRORSCOPE_SUBMIT, &one);
  job = one.job;
  return ret;
}

int Device::wait(uint64_t job) const { return ask(fd_, MIRRORSCOPE_WAIT, &job); }

int Device::register_range(const void* at, size_t length, bool write, uint32_t& handle) const {
  mirrorscope_range range{address(at), length, write, 0};
  const int ret = ask(fd_, MIRRORSCOPE_REGISTER, &range);
  handle = range.handle;
  return ret;
}

int Device::deregister(uint32_t handle) const { return ask(fd_, MIRRORSCOPE_DEREGISTER, &handle); }

mirrorscope_stats Device::stats() const {
  mirrorscope_stats stats{};
  ask(fd_, MIRRORSCOPE_STATS, &stats);
  return stats;
}

}  // namespace mirrorscope::device
