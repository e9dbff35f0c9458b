// SPDX-License-Identifier: Apache-2.0
// Which BPF programs the object file holds, and how one of them is given to the kernel.
//
// libbpf opens the object, makes the maps and relocates the instructions; the programs themselves are loaded here, one
// by one. With libbpf's own loading one refused program fails the whole object, and a template could be loaded for one
// target only.
#pragma once

#include <linux/bpf.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trace/owned_fd.h"
#include "trace/result.h"

struct bpf_program;
struct bpf_prog_load_opts;

namespace mirrorscope {

enum class ProgramKind : uint8_t { fentry, fexit, kprobe, kretprobe, tracepoint, iterator, uprobe, uretprobe };

// One program of the object, relocated: map fds and field offsets of the running kernel stand in its instructions.
struct ProgramText {
  std::string name;    // "inv_start", "sub_insert__locked", "inv_start__kp"
  std::string event;   // the part before "__"
  std::string target;  // function, tracepoint or iterator from its SEC(); empty for a template
  std::string hook;    // "rxe_odp", "my_driver": the driver's or cache's hook that it is of; empty: of none, or not relocated
  ProgramKind kind;
  std::vector<bpf_insn> code;
  std::vector<std::byte> functions, lines;  // its BTF, so that bpftool can show source lines
  uint32_t functions_size = 0, lines_size = 0;
  int btf = -1;
};

// The texts of an object. Exists from before bpf_object__open() until after bpf_object__load(); what libbpf loads
// meanwhile are empty programs that are dropped again.
class ProgramTexts {
 public:
  static Result<std::unique_ptr<ProgramTexts>> collect();
  ~ProgramTexts();
  ProgramTexts(const ProgramTexts&) = delete;

  std::vector<ProgramText> take() { return std::move(texts_); }

 private:
  ProgramTexts() = default;
  static int on_prepare(bpf_program* program, bpf_prog_load_opts* opts, long self);

  std::vector<ProgramText> texts_;
  std::vector<int> handlers_;
};

struct ProgramTarget {
  int object = 0;         // BTF object fd of the module, 0 for the kernel image
  uint32_t id = 0;        // BTF id; 0 for kprobes
  uint64_t callback = 0;  // takes the place of MS_CALLBACK in a template
  bool multi = false;     // a kprobe that will be attached by attach_multi()
  uint32_t group = 0;     // takes the place of MS_GROUP
};

inline bool is_in_user_space(const ProgramText& text) {
  return text.kind == ProgramKind::uprobe || text.kind == ProgramKind::uretprobe;
}

// Keeps the filter up to date (bpf/kernel/task.bpf.c), and makes no records.
inline bool is_follower(const ProgramText& text) { return text.name.starts_with("follow_"); }

// Name, event, target and kind of a program of an object that is only open.
ProgramText program_without_code(const bpf_program* program);

// Hands a program to the verifier. The error carries the last lines of what it said.
Result<OwnedFd> load_program(const ProgramText& text, const ProgramTarget& target);

// The BPF program id of an fd, 0 if the kernel does not say.
uint32_t program_id(int fd);

// strerror() with the kernel's own ENOTSUPP, which libc does not know.
std::string errno_text(int error);

}  // namespace mirrorscope
