// SPDX-License-Identifier: Apache-2.0
// How ftrace's list of patched functions is read.
#include "collector/patched.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace mirrorscope {

std::optional<Patched> Patched::open() {
  for (const char* path : {"/sys/kernel/tracing/enabled_functions", "/sys/kernel/debug/tracing/enabled_functions"}) {
    Patched patched;
    patched.fd_ = OwnedFd(::open(path, O_RDONLY | O_CLOEXEC));
    if (patched.fd_ && patched.refresh()) return patched;
  }
  return std::nullopt;
}

// "exit_mmap (1) R   D   M  tramp: ..." and "rxe_mr_copy [rdma_rxe] (1) R ...", each followed by an indented line about
// the trampoline.
bool Patched::refresh() {
  if (lseek(fd_.get(), 0, SEEK_SET) < 0) return false;
  std::string text;
  char chunk[1 << 16];
  for (;;) {
    const ssize_t got = read(fd_.get(), chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    text.append(chunk, static_cast<size_t>(got));
  }
  functions_.clear();
  for (size_t line = 0; line < text.size();) {
    const size_t end = std::min(text.find('\n', line), text.size());
    const size_t name = std::min(text.find(' ', line), end);
    if (name > line && text[line] != '\t') functions_.emplace(text, line, name - line);
    line = end + 1;
  }
  return true;
}

}  // namespace mirrorscope
