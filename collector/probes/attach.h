// SPDX-License-Identifier: Apache-2.0
// How a loaded program is hooked to its function: trampoline, tracepoint or kprobe, as a link that ends with its fd.
#pragma once

#include <cstdint>
#include <string>

#include "trace/owned_fd.h"
#include "trace/result.h"

namespace mirrorscope {

// fentry, fexit and tracepoint programs know their target since they were loaded.
Result<OwnedFd> attach_tracing(int program);

// A kprobe by way of fprobe, for a program that was loaded so (ProgramTarget::multi): by address only, and only with
// CONFIG_FPROBE, but without the extra hurdle of perf_event_open().
Result<OwnedFd> attach_multi(int program, bool at_return, uint64_t address, uint64_t cookie);

// What perf_event_open() needs to know for kprobes, read from sysfs once.
class Kprobes {
 public:
  static Result<Kprobes> open();

  // At an address if it is known, else by name. The cookie is what bpf_get_attach_cookie() gives the program.
  // CAP_PERFMON is enough (perf_kprobe_event_init(), kernel/events/core.c) unless kernel.perf_event_paranoid is above
  // 2: Debian (3) and Ubuntu (4) then refuse perf_event_open() without CAP_SYS_ADMIN.
  Result<OwnedFd> attach(int program, bool at_return, uint64_t address, const std::string& function,
                         uint64_t cookie) const;

 private:
  uint32_t type_ = 0;
  uint32_t return_bit_ = 0;
};

// What perf_event_open() needs to know for probes in user space.
class Uprobes {
 public:
  static Result<Uprobes> open();

  // At this place of a file, in whatever process it is mapped, now or later.
  Result<OwnedFd> attach(int program, bool at_return, const std::string& file, uint64_t offset) const;

 private:
  uint32_t type_ = 0;
  uint32_t return_bit_ = 0;
};

}  // namespace mirrorscope
