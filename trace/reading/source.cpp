// SPDX-License-Identifier: Apache-2.0
// pread: a file that shrinks is a short answer, and a disk that fails is an errno, where a mapping would be a SIGBUS.
#include "trace/reading/source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mirrorscope::trace {

namespace {

class MemorySource final : public Source {
 public:
  explicit MemorySource(std::span<const std::byte> bytes) : bytes_(bytes) {}
  uint64_t size() const override { return bytes_.size(); }
  Got read(uint64_t offset, std::span<std::byte> room) const override {
    if (offset >= bytes_.size()) return {0, 0};
    const size_t n = std::min(room.size(), bytes_.size() - static_cast<size_t>(offset));
    if (n > 0) std::memcpy(room.data(), bytes_.data() + offset, n);
    return {n, 0};
  }

 private:
  std::span<const std::byte> bytes_;
};

class FileSource final : public Source {
 public:
  FileSource(int fd, uint64_t size) : fd_(fd), size_(size) { posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL); }
  ~FileSource() override { ::close(fd_); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;

  uint64_t size() const override { return size_; }

  bool has_grown() const override {
    struct stat status {};
    return fstat(fd_, &status) == 0 && static_cast<uint64_t>(status.st_size) > size_;
  }

  Got read(uint64_t offset, std::span<std::byte> room) const override {
    size_t done = 0;
    while (done < room.size()) {
      const ssize_t n = pread(fd_, room.data() + done, room.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return {done, errno};
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return {done, 0};
  }

  uint64_t next_data(uint64_t offset) const override {
    const off_t data = lseek(fd_, static_cast<off_t>(offset), SEEK_DATA);  // pread does not look at the place that this moves
    if (data < 0) return errno == ENXIO ? size_ : offset;
    return std::max(offset, static_cast<uint64_t>(data));
  }

 private:
  int fd_;
  uint64_t size_;
};

}  // namespace

std::shared_ptr<const Source> memory_source(std::span<const std::byte> bytes) {
  return std::make_shared<MemorySource>(bytes);
}

std::shared_ptr<const Source> file_source(int fd, uint64_t size) { return std::make_shared<FileSource>(fd, size); }

}  // namespace mirrorscope::trace
