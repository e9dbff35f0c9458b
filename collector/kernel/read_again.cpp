// SPDX-License-Identifier: Apache-2.0
// How such a file is read: a page at most comes at a time, however much is asked for.
#include "collector/kernel/read_again.h"

#include <unistd.h>

#include <cerrno>

namespace mirrorscope {

Result<std::vector<char>> read_again(int fd, size_t about) {
  if (lseek(fd, 0, SEEK_SET) < 0) return fail(errno, "cannot go back to the start of a file");
  std::vector<char> text(about);
  for (size_t used = 0;;) {
    if (used == text.size()) text.resize(2 * used);
    const ssize_t got = read(fd, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno, "cannot read a file again");
    used += static_cast<size_t>(got);
    if (got > 0) continue;
    text.resize(used);
    text.shrink_to_fit();
    return text;
  }
}

}  // namespace mirrorscope
