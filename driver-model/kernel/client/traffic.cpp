// SPDX-License-Identifier: Apache-2.0
// How a device of each mode is kept busy.
#include "driver-model/kernel/client/traffic.h"

#include <unistd.h>

#include <cerrno>

namespace mirrorscope::device {
namespace {

constexpr size_t kStamp = 64;      // where the process writes (memory.cpp, touch)
constexpr size_t kDevice = 128;    // where the device writes; jobs write at 0
constexpr size_t kCounter = 192;   // where it adds

uint64_t& word(const Memory& memory, size_t page, size_t offset) { return *reinterpret_cast<uint64_t*>(memory.page(page) + offset); }

}  // namespace

bool registers(uint32_t mode) {
  return mode == MIRRORSCOPE_REGISTRATION || mode == MIRRORSCOPE_FENCE || mode == MIRRORSCOPE_QUIESCE || mode == MIRRORSCOPE_PINNED;
}

bool follows(uint32_t mode) { return mode != MIRRORSCOPE_PINNED; }

Registrations::Registrations(const Device& device, uint32_t mode, const Memory& memory) : device_(device) {
  for (size_t i = 0; registers(mode) && i < kPieces; ++i) {
    uint32_t handle = 0;
    if (device.register_range(memory.page(i * kPages), kPages * kPage, true, handle) == 0) handles_.push_back(handle);
  }
}

Registrations::~Registrations() {
  for (const uint32_t handle : handles_) device_.deregister(handle);
}

uint32_t Registrations::of(size_t page) const { return page / kPages < handles_.size() ? handles_[page / kPages] : 0; }

int device_acts(const Device& device, uint32_t mode, const Memory& memory, const Registrations& registrations, std::mt19937& random) {
  const size_t first = random() % (Registrations::kPieces * Registrations::kPages);
  const uint32_t handle = registrations.of(first);
  const size_t piece_end = (first / Registrations::kPages + 1) * Registrations::kPages;
  const size_t n = 1 + random() % (piece_end - first);
  uint64_t value = 0, job = 0;
  int ret = 0;
  switch (random() % 6) {
    case 0: ret = registers(mode) ? 0 : device.fault(memory.page(first), n * kPage, random() % 2); break;
    case 1: ret = device.read(memory.page(first) + kStamp, value, handle); break;
    case 2: ret = device.add(memory.page(first) + kCounter, 1, value, handle); break;
    case 3: ret = mode == MIRRORSCOPE_DEVMEM ? device.to_device(memory.page(first), n * kPage) : 0; break;
    default:
      ret = device.submit(memory.page(first), n * kPage, random() % 2, job, handle);
      if (ret == 0 && random() % 4 == 0) ret = device.wait(job);
  }
  // nothing there, or not for writing, at this moment; of two notifiers, as two VMAs are; a submission without its buffer object in the list: refused until one with it has renewed the table (amdgpu_cs.c)
  return ret == -EFAULT || ret == -EPERM || ret == -EBUSY || ret == -EAGAIN || ret == -EXDEV ? 0 : ret;
}

namespace {
// The device gives up after a tenth of a second, in which a crowded machine may not have let its worker run.
template <typename Access>
int sooner_or_later(Access access) {
  int ret = access();
  for (int tries = 0; tries < 100 && (ret == -EAGAIN || ret == -EBUSY); ++tries) {
    usleep(20'000);
    ret = access();
  }
  return ret;
}
}  // namespace

std::string agree(const Device& device, const Memory& memory, const Registrations& registrations, size_t page, uint64_t stamp) {
  const uint32_t handle = registrations.of(page);
  uint64_t seen = 0;
  word(memory, page, kStamp) = stamp;
  int ret = sooner_or_later([&] { return device.read(memory.page(page) + kStamp, seen, handle); });
  if (ret != 0) return "the device cannot read page " + std::to_string(page) + ": " + std::to_string(-ret);
  if (seen != stamp) return "the device reads " + std::to_string(seen) + " where the process has written " + std::to_string(stamp);
  ret = sooner_or_later([&] { return device.write(memory.page(page) + kDevice, stamp, handle); });
  if (ret != 0) return "the device cannot write page " + std::to_string(page) + ": " + std::to_string(-ret);
  seen = *const_cast<volatile uint64_t*>(&word(memory, page, kDevice));
  if (seen != stamp) return "the process reads " + std::to_string(seen) + " where the device has written " + std::to_string(stamp);
  return {};
}

}  // namespace mirrorscope::device
