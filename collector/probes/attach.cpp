// SPDX-License-Identifier: Apache-2.0
// How links are made with the system calls behind them.
#include "collector/probes/attach.h"

#include <bpf/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "collector/kernel/libbpf_opts.h"

namespace mirrorscope {

Result<OwnedFd> attach_tracing(int program) {
  const int fd = bpf_raw_tracepoint_open(nullptr, program);
  if (fd < 0) return fail(errno, "the kernel refuses to attach");
  return OwnedFd(fd);
}

Result<OwnedFd> attach_multi(int program, bool at_return, uint64_t address, uint64_t cookie) {
  auto opts = libbpf_opts<bpf_link_create_opts>();
  const unsigned long addresses[] = {address};
  const __u64 cookies[] = {cookie};
  opts.kprobe_multi.addrs = addresses;
  opts.kprobe_multi.cookies = cookies;
  opts.kprobe_multi.cnt = 1;
  opts.kprobe_multi.flags = at_return ? BPF_F_KPROBE_MULTI_RETURN : 0;
  const int fd = bpf_link_create(program, 0, BPF_TRACE_KPROBE_MULTI, &opts);
  if (fd < 0) return fail(errno, "the kernel refuses an fprobe");
  return OwnedFd(fd);
}

namespace {

// Type and bit of a probe kind of perf, from sysfs; "kprobe" or "uprobe".
Result<void> learn(const std::string& kind, uint32_t& type_of, uint32_t& return_bit) {
  const std::string dir = "/sys/bus/event_source/devices/" + kind + "/";
  std::ifstream type(dir + "type"), format(dir + "format/retprobe");
  if (!(type >> type_of)) return fail(ENOENT, "this kernel has no ", kind, "s for perf (CONFIG_", kind == "kprobe" ? "K" : "U", "PROBE_EVENTS)");
  std::string text;
  if (!(format >> text) || !text.starts_with("config:")) return fail(ENOENT, "this kernel has no return probes for perf");
  return_bit = static_cast<uint32_t>(std::stoul(text.substr(sizeof("config:") - 1)));
  return {};
}

}  // namespace

Result<Kprobes> Kprobes::open() {
  Kprobes kprobes;
  if (auto learned = learn("kprobe", kprobes.type_, kprobes.return_bit_); !learned) return learned.error();
  return kprobes;
}

Result<Uprobes> Uprobes::open() {
  Uprobes uprobes;
  if (auto learned = learn("uprobe", uprobes.type_, uprobes.return_bit_); !learned) return learned.error();
  return uprobes;
}

Result<OwnedFd> Uprobes::attach(int program, bool at_return, const std::string& file, uint64_t offset) const {
  perf_event_attr attr = {};
  attr.size = sizeof attr;
  attr.type = type_;
  attr.config = at_return ? uint64_t{1} << return_bit_ : 0;
  attr.uprobe_path = reinterpret_cast<uintptr_t>(file.c_str());
  attr.probe_offset = offset;
  OwnedFd event(static_cast<int>(syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event) return fail(errno, "the kernel refuses a uprobe in ", file);
  const int fd = bpf_link_create(program, event.get(), BPF_PERF_EVENT, nullptr);
  if (fd < 0) return fail(errno, "the kernel refuses to attach to the uprobe in ", file);
  if (ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0)) return fail(errno, "the kernel refuses to enable the uprobe");
  return OwnedFd(fd);
}

Result<OwnedFd> Kprobes::attach(int program, bool at_return, uint64_t address, const std::string& function,
                                uint64_t cookie) const {
  perf_event_attr attr = {};
  attr.size = sizeof attr;
  attr.type = type_;
  attr.config = at_return ? uint64_t{1} << return_bit_ : 0;
  if (address) {
    attr.kprobe_addr = address;
  } else {
    attr.kprobe_func = reinterpret_cast<uintptr_t>(function.c_str());
  }
  OwnedFd event(static_cast<int>(syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!event) return fail(errno, "the kernel refuses a kprobe");
  auto opts = libbpf_opts<bpf_link_create_opts>();
  opts.perf_event.bpf_cookie = cookie;
  // The link holds the perf event.
  const int fd = bpf_link_create(program, event.get(), BPF_PERF_EVENT, &opts);
  if (fd < 0) return fail(errno, "the kernel refuses to attach to the kprobe");
  if (ioctl(event.get(), PERF_EVENT_IOC_ENABLE, 0)) return fail(errno, "the kernel refuses to enable the kprobe");
  return OwnedFd(fd);
}

}  // namespace mirrorscope
