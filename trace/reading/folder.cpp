// SPDX-License-Identifier: Apache-2.0
// openat, fstatat, and one descriptor for every file of a trace.
#include "trace/reading/folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace mirrorscope::trace {

namespace {

constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

// A long recording in segments has more files than the soft limit allows, which is kept small for the sake of select().
bool allow_more_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return false;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

int open_below(int folder, const char* name, int flags) {
  int fd = openat(folder, name, flags);
  if (fd < 0 && errno == EMFILE && allow_more_files()) fd = openat(folder, name, flags);
  return fd;
}

std::string kind_of(mode_t mode) {
  if (S_ISREG(mode)) return {};
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a fifo";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "something that is no file";
}

}  // namespace

Folder::Folder(Folder&& other) noexcept { *this = std::move(other); }

Folder& Folder::operator=(Folder&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}

Folder::~Folder() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Folder> Folder::open(const std::filesystem::path& path) {
  const int fd = open_below(AT_FDCWD, path.c_str(), folder_flags);
  if (fd < 0) return fail(errno, "cannot open ", path.string());
  return Folder(fd, path);
}

Result<Folder> Folder::folder(const std::string& name) const {
  const int fd = open_below(fd_, name.c_str(), folder_flags);
  if (fd < 0) return fail(errno, "cannot open ", (path_ / name).string());
  return Folder(fd, path_ / name);
}

Result<std::vector<std::string>> Folder::names() const {
  const int fd = open_below(fd_, ".", folder_flags);
  DIR* listing = fd < 0 ? nullptr : fdopendir(fd);
  if (listing == nullptr) {
    const int error = errno;
    if (fd >= 0) ::close(fd);
    return fail(error, "cannot look into ", path_.string());
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = readdir(listing))
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  const int error = errno;
  closedir(listing);
  if (error != 0) return fail(error, "cannot look into ", path_.string());
  std::sort(names.begin(), names.end());
  return names;
}

bool Folder::has(const std::string& name) const {
  struct stat status {};
  return fstatat(fd_, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

Result<Folder::Entry> Folder::look_at(const std::string& name) const {
  struct stat status {};
  if (fstatat(fd_, name.c_str(), &status, 0) != 0) {
    if ((errno != ENOENT && errno != ELOOP) || fstatat(fd_, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return fail(errno, "cannot open ", (path_ / name).string());
    return Entry{"a link that leads nowhere", 0};
  }
  return Entry{kind_of(status.st_mode), S_ISREG(status.st_mode) ? static_cast<uint64_t>(status.st_size) : 0};
}

Result<std::shared_ptr<const Source>> Folder::file(const std::string& name) const {
  // O_NONBLOCK: should it have become a fifo since it was looked at
  const int fd = open_below(fd_, name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return fail(errno, "cannot open ", (path_ / name).string());
  struct stat status {};
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return std::shared_ptr<const Source>();
  }
  return file_source(fd, static_cast<uint64_t>(status.st_size));
}

}  // namespace mirrorscope::trace
