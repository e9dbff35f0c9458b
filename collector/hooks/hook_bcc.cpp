// SPDX-License-Identifier: Apache-2.0
// How BCC's library is asked to compile, in a child, and what comes back through a pipe.
#include "collector/hooks/hook_bcc.h"

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "trace/owned_fd.h"

namespace mirrorscope {

namespace {

// bcc/bcc_common.h. Not linked: with it comes LLVM, for the few who have a driver without type information.
struct Bcc {
  void* (*create)(const char* text, unsigned flags, const char* cflags[], int ncflags, bool allow_rlimit, const char* dev);
  size_t (*count)(void* module);
  const char* (*name)(void* module, size_t id);
  void* (*start)(void* module, size_t id);
  size_t (*size)(void* module, size_t id);
};

template <typename F>
bool look_up(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(library, name));
  return function;
}

// What the child's exit code says.
enum Ended { done = 0, no_library = 10, other_library = 11, does_not_compile = 12, pipe_broken = 13 };

bool send(int to, const void* data, size_t bytes) {
  const char* from = static_cast<const char*>(data);
  while (bytes) {
    const ssize_t n = write(to, from, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    from += n;
    bytes -= static_cast<size_t>(n);
  }
  return true;
}

// Per function: length of its name, name, length of its code, code.
Ended compile_and_send(const std::string& text, const std::vector<std::string>& flags, int to) {
  void* library = dlopen("libbcc.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library) return no_library;
  Bcc bcc{};
  if (!look_up(library, "bpf_module_create_c_from_string", bcc.create) || !look_up(library, "bpf_num_functions", bcc.count) ||
      !look_up(library, "bpf_function_name", bcc.name) || !look_up(library, "bpf_function_start_id", bcc.start) ||
      !look_up(library, "bpf_function_size_id", bcc.size))
    return other_library;
  std::vector<const char*> arguments;
  for (const std::string& flag : flags) arguments.push_back(flag.c_str());
  void* module = bcc.create(text.c_str(), 0, arguments.data(), static_cast<int>(arguments.size()), true, nullptr);
  if (!module) return does_not_compile;
  for (size_t id = 0; id < bcc.count(module); ++id) {
    const char* name = bcc.name(module, id);
    const size_t lengths[] = {std::strlen(name), bcc.size(module, id)};
    if (!send(to, &lengths[0], sizeof(size_t)) || !send(to, name, lengths[0]) || !send(to, &lengths[1], sizeof(size_t)) ||
        !send(to, bcc.start(module, id), lengths[1]))
      return pipe_broken;
  }
  return done;
}

std::string read_all(int from) {
  std::string all;
  char part[4096];
  for (;;) {
    const ssize_t n = read(from, part, sizeof(part));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return all;
    all.append(part, static_cast<size_t>(n));
  }
}

Error why_not(const HookSource& hook, int status) {
  const std::string file = hook.file.string();
  switch (WIFEXITED(status) ? WEXITSTATUS(status) : -1) {
    case no_library:
      return fail(0, "the hook ", file, " is for a module without type information, so BCC has to compile it, and its library is not here: install libbpfcc");
    case other_library:
      return fail(0, "the library libbcc.so.0 of this machine lacks functions of BCC that compile; BCC 0.26 has them");
    case does_not_compile:
      return fail(0, "BCC does not compile the hook ", file, "; what it says stands above. It needs the headers of the running kernel "
                  "(linux-headers-$(uname -r), or BCC_KERNEL_SOURCE) and those of the driver (beside the hook, or --hook-flag -I...)");
    default:
      return fail(0, "BCC's compiler died of the hook ", file);
  }
}

}  // namespace

std::string text_for_bcc(const HookSource& hook) {
  std::ostringstream text;
  text << "#line 1 \"" << hook.file.string() << "\"\n" << hook.text << "\n#line 1 \"what mirrorscope adds to the hook\"\n";
  for (const HookFunction& f : hook.functions) {
    text << "int " << f.program << "__kp(struct pt_regs *ctx)\n{\n";
    if (f.at_return)
      text << "\tstruct call call;\n\n\tif (!SHARED(ready) || !saved_call(&call, ctx))\n\t\treturn 0;\n\treturn body_" << f.program
           << "(call.arg, false);\n}\n";
    else
      text << "\tstruct entry entry;\n\n\tif (!SHARED(ready))\n\t\treturn 0;\n\targuments(&entry.call, ctx);\n\tentry.ctx = ctx;\n\treturn body_"
           << f.program << "(entry.call.arg, false);\n}\n";
  }
  return std::move(text).str();
}

Result<std::vector<ProgramText>> compile_with_bcc(const HookSource& hook, const std::vector<std::string>& flags, const HookHeaders& headers,
                                                  const SharedNumbers& shared) {
  const std::filesystem::path beside = hook.file.has_parent_path() ? hook.file.parent_path() : ".";
  // Headers of the kernel make the compiler warn, and nobody can help it, and 7.x has tagged structs as members (-fms-extensions in its Makefile).
  std::vector<std::string> all = {"-DMIRRORSCOPE_BCC", "-w", "-fms-extensions", "-I" + headers.dir().string(), "-I" + std::filesystem::absolute(beside).string()};
  for (const auto& [name, fd] : shared.fds) all.push_back("-DMS_FD_" + name + "=" + std::to_string(fd));
  for (const auto& [name, offset] : shared.offsets) all.push_back("-DMS_AT_" + name + "=" + std::to_string(offset));
  all.push_back("-DMS_CONFIG_BY_MM=" + std::to_string(shared.by_mm));
  all.insert(all.end(), flags.begin(), flags.end());

  int ends[2];
  if (pipe(ends)) return fail(errno, "cannot make a pipe for BCC");
  OwnedFd from(ends[0]), to(ends[1]);
  const pid_t child = fork();
  if (child < 0) return fail(errno, "cannot start a process for BCC");
  if (child == 0) {
    from.close();
    _exit(compile_and_send(text_for_bcc(hook), all, to.get()));
  }
  to.close();
  const std::string answer = read_all(from.get());
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return fail(errno, "cannot wait for BCC");
  if (status) return why_not(hook, status);

  std::vector<ProgramText> texts;
  size_t at = 0;
  const auto next = [&]() -> std::string_view {
    size_t length = 0;
    if (answer.size() - at < sizeof(length)) return {};
    std::memcpy(&length, answer.data() + at, sizeof(length));
    at += sizeof(length);
    length = std::min(length, answer.size() - at);
    at += length;
    return std::string_view(answer).substr(at - length, length);
  };
  for (const HookFunction& f : hook.functions) {
    ProgramText text{};
    text.name = f.program + "__kp";
    text.event = f.event;
    text.target = f.function;
    text.kind = f.at_return ? ProgramKind::kretprobe : ProgramKind::kprobe;
    texts.push_back(std::move(text));
  }
  while (at < answer.size()) {
    const std::string_view name = next(), code = next();
    for (ProgramText& text : texts)
      if (text.name == name) {
        text.code.resize(code.size() / sizeof(bpf_insn));
        std::memcpy(text.code.data(), code.data(), text.code.size() * sizeof(bpf_insn));
      }
  }
  for (const ProgramText& text : texts)
    if (text.code.empty()) return fail(0, "BCC made no program of ", text.name, " in the hook ", hook.file.string());
  return texts;
}

}  // namespace mirrorscope
