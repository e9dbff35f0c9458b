// SPDX-License-Identifier: Apache-2.0
// Who gets killed: a process with much memory that devices mirror, busy until its last moment?
#pragma once

#include <cstdint>
#include <string>

namespace lab {

struct VictimSettings {
  std::string device = "rxe0";
  std::uint64_t megabytes = 256, threads = 2, seed = 1;
  bool odp = false, pinned = false, kvm = false;
};

// Runs until it is killed. Before that it writes to ready_fd: "." when traffic flows (or memory is tapped), else a
// sentence.
[[noreturn]] void be_victim(const VictimSettings& settings, int ready_fd);

}  // namespace lab
