// SPDX-License-Identifier: Apache-2.0
// How programs are taken out of libbpf's hands after relocation, and loaded.
#include "collector/probes/programs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "bpf/shared.h"
#include "collector/kernel/libbpf_opts.h"

namespace mirrorscope {

namespace {

struct Section {
  const char* prefix;
  ProgramKind kind;
};
constexpr std::array sections = {
    Section{"fentry", ProgramKind::fentry},     Section{"fexit", ProgramKind::fexit},
    Section{"kprobe", ProgramKind::kprobe},     Section{"kretprobe", ProgramKind::kretprobe},
    Section{"tp_btf", ProgramKind::tracepoint}, Section{"iter", ProgramKind::iterator},
    Section{"uprobe", ProgramKind::uprobe},     Section{"uretprobe", ProgramKind::uretprobe},
};

std::vector<std::byte> copy(const void* data, size_t bytes) {
  const auto* begin = static_cast<const std::byte*>(data);
  return data ? std::vector<std::byte>(begin, begin + bytes) : std::vector<std::byte>{};
}

}  // namespace

ProgramText program_without_code(const bpf_program* program) {
  ProgramText text{};
  const std::string_view section = bpf_program__section_name(program);
  const size_t slash = section.find('/');
  for (const Section& s : sections)
    if (section.substr(0, slash) == s.prefix) text.kind = s.kind;
  if (slash != std::string_view::npos) text.target = section.substr(slash + 1);
  text.name = bpf_program__name(program);
  text.event = text.name.substr(0, text.name.find("__"));
  return text;
}

// libbpf asks registered handlers before its own, and calls prog_prepare_load_fn when everything is relocated, right
// before bpf_prog_load() (libbpf 1.0 and later).
Result<std::unique_ptr<ProgramTexts>> ProgramTexts::collect() {
  std::unique_ptr<ProgramTexts> texts(new ProgramTexts);
  auto opts = libbpf_opts<libbpf_prog_handler_opts>();
  opts.cookie = reinterpret_cast<intptr_t>(texts.get());
  opts.prog_prepare_load_fn = on_prepare;
  for (const Section& s : sections) {
    const int id = libbpf_register_prog_handler((std::string(s.prefix) + "+").c_str(), BPF_PROG_TYPE_SOCKET_FILTER,
                                                static_cast<bpf_attach_type>(0), &opts);
    if (id < 0) return fail(-id, "cannot give libbpf a handler for section ", s.prefix);
    texts->handlers_.push_back(id);
  }
  return texts;
}

ProgramTexts::~ProgramTexts() {
  for (const int id : handlers_) libbpf_unregister_prog_handler(id);
}

int ProgramTexts::on_prepare(bpf_program* program, bpf_prog_load_opts* opts, long self) {
  ProgramText text = program_without_code(program);
  const bpf_insn* code = bpf_program__insns(program);
  text.code.assign(code, code + bpf_program__insn_cnt(program));
  text.functions_size = opts->func_info_rec_size;
  text.functions = copy(opts->func_info, size_t{opts->func_info_rec_size} * opts->func_info_cnt);
  text.lines_size = opts->line_info_rec_size;
  text.lines = copy(opts->line_info, size_t{opts->line_info_rec_size} * opts->line_info_cnt);
  text.btf = opts->prog_btf_fd ? static_cast<int>(opts->prog_btf_fd) : -1;
  reinterpret_cast<ProgramTexts*>(self)->texts_.push_back(std::move(text));

  opts->func_info_cnt = opts->line_info_cnt = 0;
  opts->prog_btf_fd = 0;
  std::array<bpf_insn, 2> empty{};
  empty[0] = {BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0};  // r0 = 0
  empty[1] = {BPF_JMP | BPF_EXIT, 0, 0, 0, 0};
  return bpf_program__set_insns(program, empty.data(), empty.size());
}

namespace {

// Puts a value where a 64-bit placeholder stands.
void put(std::vector<bpf_insn>& code, uint64_t placeholder, uint64_t value) {
  for (size_t i = 0; i + 1 < code.size(); ++i) {
    if (code[i].code != (BPF_LD | BPF_IMM | BPF_DW)) continue;
    if (code[i].src_reg == 0 && static_cast<uint32_t>(code[i].imm) == static_cast<uint32_t>(placeholder) &&
        static_cast<uint32_t>(code[i + 1].imm) == static_cast<uint32_t>(placeholder >> 32)) {
      code[i].imm = static_cast<int32_t>(value);
      code[i + 1].imm = static_cast<int32_t>(value >> 32);
    }
    ++i;  // the second half
  }
}

// The verifier's reason is in its last lines: before the page of explanation that 7.3 adds (bpf_diag_header() in
// kernel/bpf/diagnostics.c) and the statistics.
std::string last_lines(std::string log) {
  if (const size_t explained = log.find("\nVerification failed: "); explained != std::string::npos && explained > 0) log.resize(explained);
  if (const size_t stats = log.rfind("processed "); stats != std::string::npos) log.resize(stats);
  while (!log.empty() && log.back() == '\n') log.pop_back();
  size_t from = log.size();
  for (int lines = 0; lines < 2 && from != std::string::npos && from > 0; ++lines) from = log.rfind('\n', from - 1);
  if (from != std::string::npos && from < log.size()) log.erase(0, from + (log[from] == '\n'));
  for (char& c : log)
    if (c == '\n') c = ' ';
  return log;
}

}  // namespace

Result<OwnedFd> load_program(const ProgramText& text, const ProgramTarget& target) {
  std::vector<bpf_insn> code = text.code;
  if (target.callback) put(code, MS_CALLBACK, target.callback);
  put(code, MS_GROUP, target.group);

  auto opts = libbpf_opts<bpf_prog_load_opts>();
  bpf_prog_type type = BPF_PROG_TYPE_TRACING;
  switch (text.kind) {
    case ProgramKind::fentry:
      opts.expected_attach_type = BPF_TRACE_FENTRY;
      break;
    case ProgramKind::fexit:
      opts.expected_attach_type = BPF_TRACE_FEXIT;
      break;
    case ProgramKind::tracepoint:
      opts.expected_attach_type = BPF_TRACE_RAW_TP;
      break;
    case ProgramKind::iterator:
      opts.expected_attach_type = BPF_TRACE_ITER;
      break;
    case ProgramKind::kprobe:
    case ProgramKind::kretprobe:
      type = BPF_PROG_TYPE_KPROBE;
      if (target.multi) opts.expected_attach_type = BPF_TRACE_KPROBE_MULTI;
      break;
    case ProgramKind::uprobe:
    case ProgramKind::uretprobe:
      type = BPF_PROG_TYPE_KPROBE;
      break;
  }
  if (type == BPF_PROG_TYPE_TRACING) {
    opts.attach_btf_id = target.id;
    opts.attach_btf_obj_fd = static_cast<uint32_t>(target.object);
  }
  if (text.btf >= 0) {
    opts.prog_btf_fd = static_cast<uint32_t>(text.btf);
    opts.func_info = text.functions.data();
    opts.func_info_rec_size = text.functions_size;
    opts.func_info_cnt = text.functions_size ? static_cast<uint32_t>(text.functions.size() / text.functions_size) : 0;
    opts.line_info = text.lines.data();
    opts.line_info_rec_size = text.lines_size;
    opts.line_info_cnt = text.lines_size ? static_cast<uint32_t>(text.lines.size() / text.lines_size) : 0;
  }
  const std::string name = (text.name.ends_with("__again") ? "2_" : "") + text.event;
  int fd = bpf_prog_load(type, name.c_str(), "GPL", code.data(), code.size(), &opts);
  if (fd >= 0) return OwnedFd(fd);

  const int error = errno;
  std::string log(size_t{1} << 20, '\0');
  opts.log_buf = log.data();
  opts.log_size = static_cast<uint32_t>(log.size());
  opts.log_level = 1;
  fd = bpf_prog_load(type, name.c_str(), "GPL", code.data(), code.size(), &opts);
  if (fd >= 0) return OwnedFd(fd);
  log.resize(std::strlen(log.c_str()));
  log = last_lines(std::move(log));
  return Error{
      "the kernel refuses the program" + (log.empty() ? std::string{} : " (" + log + ")") + ": " + errno_text(error),
      error};
}

uint32_t program_id(int fd) {
  bpf_prog_info info = {};
  uint32_t size = sizeof info;
  return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

std::string errno_text(int error) {
  return error == 524 ? "Operation not supported by this kernel" : std::strerror(error);
}

}  // namespace mirrorscope
