// SPDX-License-Identifier: Apache-2.0
// How ftrace's list of patched functions is read.
#include "collector/kernel/patched.h"

#include <fcntl.h>

#include <algorithm>
#include <string_view>

#include "collector/kernel/read_again.h"

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
  const auto read = read_again(fd_.get(), size_t{64} << 10);
  if (!read) return false;
  const std::string_view text(read->data(), read->size());
  functions_.clear();
  for (size_t line = 0; line < text.size();) {
    const size_t end = std::min(text.find('\n', line), text.size());
    const size_t name = std::min(text.find(' ', line), end);
    if (name > line && text[line] != '\t') functions_.emplace(text.substr(line, name - line));
    line = end + 1;
  }
  return true;
}

}  // namespace mirrorscope
