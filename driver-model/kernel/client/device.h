// SPDX-License-Identifier: Apache-2.0
// /dev/mirrorscope from a C++ program: the interface of ../uapi.h, one function per request.
//
// Every function returns 0, or the negative errno that the module gave; nothing throws. A Device belongs to the process that set it up and may be
// used by all of its threads at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "driver-model/kernel/uapi.h"

namespace mirrorscope::device {

// "mirror", "implicit", ... as in the table of README.md; MIRRORSCOPE_MODES if there is none of this name.
uint32_t mode_named(std::string_view name);
std::string_view name_of_mode(uint32_t mode);
// "level", "vma" or "temporary"; MIRRORSCOPE_RANGES if there is none of this name.
uint32_t ranges_named(std::string_view name);

struct Mutant {
  std::string name;
  uint32_t mode;
  bool dangerous;
};
// What the loaded module can be; empty if there is none.
std::vector<Mutant> mutants();

class Device {
 public:
  struct Options {
    uint32_t mode = MIRRORSCOPE_MIRROR;
    std::string bug;         // empty: a correct driver, unless the module's parameter says otherwise
    uint32_t window_us = 0;  // 0: the module's parameter
    uint32_t dma_us = 0;
    uint32_t ranges = MIRRORSCOPE_LEVEL;  // of implicit
    uint32_t level_shift = 0;             // 0: 2 MB
  };

  Device() = default;
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  int open(const Options& options);
  void close();  // waits for its jobs
  int fault(const void* at, size_t length, bool write) const;
  int read(const void* at, uint64_t& value, uint32_t handle = 0) const;
  int write(void* at, uint64_t value, uint32_t handle = 0) const;
  int add(void* at, uint64_t value, uint64_t& was, uint32_t handle = 0) const;
  // A job of the device's own; wait() for it, or for all by closing.
  int submit(const void* at, size_t length, bool write, uint64_t& job, uint32_t handle = 0) const;
  int wait(uint64_t job) const;
  int register_range(const void* at, size_t length, bool write, uint32_t& handle) const;
  int deregister(uint32_t handle) const;
  int to_device(const void* at, size_t length) const;
  int to_system(const void* at, size_t length) const;
  mirrorscope_stats stats() const;

 private:
  int access(mirrorscope_access& access) const;
  int range(unsigned long request, const void* at, size_t length, bool write) const;
  int fd_ = -1;
};

}  // namespace mirrorscope::device
