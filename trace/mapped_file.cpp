// SPDX-License-Identifier: Apache-2.0
// mmap and munmap.
#include "trace/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace mirrorscope::trace {

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
}

Result<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  // O_NONBLOCK: a fifo with the name of a stream must not hang us
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail(errno, "cannot open ", path.string());
  struct stat status {};
  MappedFile file;
  int error = fstat(fd, &status) == 0 ? 0 : errno;
  if (error == 0 && !S_ISREG(status.st_mode)) {
    ::close(fd);
    return fail(0, path.string(), " is no regular file");
  }
  if (error == 0 && status.st_size > 0) {
    const auto size = static_cast<size_t>(status.st_size);
    void* data = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) {
      error = errno;
    } else {
      madvise(data, size, MADV_SEQUENTIAL);
      file.data_ = static_cast<const std::byte*>(data);
      file.size_ = size;
    }
  }
  ::close(fd);
  if (error != 0) return fail(error, "cannot map ", path.string());
  return file;
}

}  // namespace mirrorscope::trace
