// SPDX-License-Identifier: Apache-2.0
// Runs a command with the floor of recording attached: record_floor COMMAND...
#include <cstdio>

#include "record_floor.skel.h"
#include "under_floor.h"

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: record_floor COMMAND...\n"), 2;
  record_floor* floor = record_floor__open_and_load();
  if (!floor || record_floor__attach(floor)) return std::fprintf(stderr, "record_floor: the kernel refuses\n"), 2;
  const int code = mirrorscope::bench::run_under_floor(floor->maps.ring, argv + 1);
  record_floor__destroy(floor);
  return code;
}
