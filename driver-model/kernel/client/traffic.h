// SPDX-License-Identifier: Apache-2.0
// What the device does while the process changes its memory: traffic of one mode.
#pragma once

#include <atomic>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "driver-model/kernel/client/device.h"
#include "driver-model/kernel/client/memory.h"

namespace mirrorscope::device {

// Does this mode translate only what was registered?
bool registers(uint32_t mode);
// May the process give addresses away while the device knows them?
bool follows(uint32_t mode);

// The registrations of one Memory, in pieces of 8 pages; empty in modes that fault on demand.
class Registrations {
 public:
  static constexpr size_t kPieces = 4, kPages = 8;

  Registrations(const Device& device, uint32_t mode, const Memory& memory);
  ~Registrations();
  uint32_t of(size_t page) const;  // 0: none

 private:
  const Device& device_;
  std::vector<uint32_t> handles_;
};

// One thing that the device is asked for, at a place of its choice. 0, or the errno that a process without memory there gets.
int device_acts(const Device& device, uint32_t mode, const Memory& memory, const Registrations& registrations, std::mt19937& random);

// Does the device see what this thread has just written, and the other way round? Empty, or the sentence that says what differs.
std::string agree(const Device& device, const Memory& memory, const Registrations& registrations, size_t page, uint64_t stamp);

}  // namespace mirrorscope::device
