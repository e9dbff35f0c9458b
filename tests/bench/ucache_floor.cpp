// SPDX-License-Identifier: Apache-2.0
// Runs a command with the floor of recording a cache attached to its program: ucache_floor nothing|submit PROGRAM
// [ARGUMENT...]
#include <cstdio>
#include <cstring>

#include "ucache_floor.skel.h"
#include "under_floor.h"

namespace {
bool attach(const bpf_program* program, const char* file, const char* function) {
  bpf_uprobe_opts options{};
  options.sz = sizeof(options);
  options.func_name = function;
  return bpf_program__attach_uprobe_opts(program, -1, file, 0, &options) != nullptr;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: ucache_floor nothing|submit PROGRAM [ARGUMENT...]\n"), 2;
  const bool nothing = !std::strcmp(argv[1], "nothing");
  ucache_floor* floor = ucache_floor__open_and_load();
  if (!floor || !attach(nothing ? floor->progs.nothing : floor->progs.hit, argv[2], "mirrorscope_ucache_hit") ||
      !attach(nothing ? floor->progs.nothing : floor->progs.put, argv[2], "mirrorscope_ucache_put"))
    return std::fprintf(stderr, "ucache_floor: the kernel refuses\n"), 2;
  const int code = mirrorscope::bench::run_under_floor(floor->maps.ring, argv + 2);
  ucache_floor__destroy(floor);
  return code;
}
