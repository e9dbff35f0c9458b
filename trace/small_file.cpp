// SPDX-License-Identifier: Apache-2.0
// open, fstat and read.
#include "trace/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mirrorscope::trace {

namespace {
struct Opened {
  int fd;
  ~Opened() {
    if (fd >= 0) ::close(fd);
  }
};
}  // namespace

Result<std::string> read_small_file(const std::filesystem::path& path, size_t most) {
  // O_NONBLOCK: a fifo is opened and then refused, instead of waited for; O_NOCTTY: a terminal does not become ours
  const Opened file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (file.fd < 0) return fail(errno, "cannot read ", path.string());
  struct stat status {};
  if (fstat(file.fd, &status) != 0) return fail(errno, "cannot read ", path.string());
  if (S_ISDIR(status.st_mode)) return fail(EISDIR, "cannot read ", path.string());
  if (!S_ISREG(status.st_mode)) return fail(0, "cannot read ", path.string(), ": it is no regular file");
  const auto too_long = [&] { return fail(0, "cannot read ", path.string(), ": it has more than ", most, " bytes"); };
  if (status.st_size > 0 && static_cast<size_t>(status.st_size) > most) return too_long();
  std::string text;
  for (size_t size = 0;;) {  // its size is no promise: files of /proc have none, others grow
    text.resize(std::min(most + 1, size + (64u << 10)));
    const ssize_t got = ::read(file.fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(errno, "cannot read ", path.string());
    size += static_cast<size_t>(got);
    if (size > most) return too_long();
    if (got == 0) return text.resize(size), text;
  }
}

}  // namespace mirrorscope::trace
