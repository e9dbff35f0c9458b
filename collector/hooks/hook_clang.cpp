// SPDX-License-Identifier: Apache-2.0
// How clang is found and asked, and how libbpf's linker puts a hook into the object.
#include "collector/hooks/hook_clang.h"

#include <bpf/libbpf.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

namespace mirrorscope {

namespace {

// Starts the first of these that there is, its stdout and stderr ours; gives its exit code, 128 and more for a signal.
Result<int> run_first_of(std::span<const char* const> programs, std::vector<std::string> arguments) {
  for (const char* program : programs) {
    arguments.front() = program;
    std::vector<char*> argv;
    for (std::string& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    pid_t child = 0;
    const int error = posix_spawnp(&child, program, nullptr, nullptr, argv.data(), environ);
    if (error == ENOENT) continue;
    if (error) return fail(error, "cannot start ", program);
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
      if (errno != EINTR) return fail(errno, "cannot wait for ", program);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return fail(0, "a hook is compiled by clang, and there is none: install clang");
}

}  // namespace

Result<std::filesystem::path> compile_with_clang(const HookSource& hook, const std::vector<std::string>& flags, const HookHeaders& headers) {
  const std::filesystem::path object = headers.dir() / (hook.file.filename().string() + ".o");
  const std::filesystem::path beside = hook.file.has_parent_path() ? hook.file.parent_path() : ".";
  std::vector<std::string> arguments = {"clang", "-g", "-O2", "-mcpu=v3", "-target", "bpf", "-D__TARGET_ARCH_x86", "-Wall",
                                        "-I" + headers.dir().string(), "-I" + beside.string(), "-idirafter", MS_SYSTEM_HEADERS};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  for (const std::string& last : {std::string("-c"), hook.file.string(), std::string("-o"), object.string()}) arguments.push_back(last);
  constexpr const char* clangs[] = {"clang", "clang-21", "clang-20", "clang-19", "clang-18", "clang-17", "clang-16", "clang-15", "clang-14"};
  auto code = run_first_of(clangs, std::move(arguments));
  if (!code) return code.error();
  if (*code) return fail(0, "the hook ", hook.file.string(), " does not compile; what clang says of it stands above");
  return object;
}

Result<std::vector<std::byte>> link_hooks(std::span<const std::byte> base, const std::vector<std::filesystem::path>& objects,
                                          const HookHeaders& headers) {
  const std::string ours = (headers.dir() / "programs.bpf.o").string(), linked = (headers.dir() / "linked.bpf.o").string();
  std::ofstream out(ours, std::ios::binary);
  out.write(reinterpret_cast<const char*>(base.data()), static_cast<std::streamsize>(base.size()));
  if (!out.flush()) return fail(errno, "cannot write ", ours);
  bpf_linker* linker = bpf_linker__new(linked.c_str(), nullptr);
  if (!linker) return fail(errno, "cannot link a hook into ", linked);
  // ours first: the linker of libbpf 1.1 gives an extern map the wrong offset when its definition comes later
  int error = bpf_linker__add_file(linker, ours.c_str(), nullptr);
  std::string what = ours;
  for (const std::filesystem::path& object : objects) {
    if (error) break;
    what = object.filename().string();
    error = bpf_linker__add_file(linker, object.c_str(), nullptr);
  }
  if (!error) error = bpf_linker__finalize(linker);
  bpf_linker__free(linker);
  if (error) return fail(-error, "cannot link the hook ", what);
  std::ifstream in(linked, std::ios::binary | std::ios::ate);
  std::vector<std::byte> object(in ? static_cast<size_t>(in.tellg()) : 0);
  if (!in.seekg(0) || !in.read(reinterpret_cast<char*>(object.data()), static_cast<std::streamsize>(object.size())))
    return fail(errno, "cannot read ", linked);
  return object;
}

}  // namespace mirrorscope
