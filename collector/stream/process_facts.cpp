// SPDX-License-Identifier: Apache-2.0
// How /proc/PID is read: it may be gone between any two of these lines.
#include "collector/stream/process_facts.h"

#include <unistd.h>

#include <climits>
#include <cstdio>
#include <fstream>

#include "schema/workload.h"

namespace mirrorscope {

std::string cgroup_of(uint32_t tgid) {
  std::ifstream file("/proc/" + std::to_string(tgid) + "/cgroup");
  // Line by line: a process that dies between open() and read() gives ESRCH, which an iterator over the stream throws.
  std::string text;
  for (std::string line; std::getline(file, line);) text += line + '\n';
  return cgroup_in(text);
}

ProcessFacts facts_of(uint32_t tgid) {
  const std::string folder = "/proc/" + std::to_string(tgid);
  ProcessFacts facts;
  std::ifstream status(folder + "/status");
  for (std::string line; std::getline(status, line);)
    if (std::sscanf(line.c_str(), "Uid:\t%u", &facts.uid) == 1) break;
  facts.cgroup = cgroup_of(tgid);
  char path[PATH_MAX];
  if (const ssize_t n = readlink((folder + "/exe").c_str(), path, sizeof path); n > 0)
    facts.exe.assign(path, static_cast<size_t>(n));
  facts.ended = facts.uid == ProcessFacts::kNoUid && facts.cgroup.empty() && facts.exe.empty();
  return facts;
}

}  // namespace mirrorscope
