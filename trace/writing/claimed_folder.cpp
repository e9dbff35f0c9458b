// SPDX-License-Identifier: Apache-2.0
// How a directory is taken and what is in it is made (openat(2) and its kin).
#include "trace/writing/claimed_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace mirrorscope::trace {

namespace fs = std::filesystem;

namespace {

constexpr int directory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

std::string user(uid_t uid) {
  const passwd* entry = getpwuid(uid);
  return entry ? entry->pw_name : "user " + std::to_string(uid);
}

// True, false, or what readdir() said.
Result<bool> is_empty(int folder) {
  const int copy = openat(folder, ".", directory);
  DIR* entries = copy < 0 ? nullptr : fdopendir(copy);
  if (!entries) {
    const int error = errno;
    if (copy >= 0) ::close(copy);
    return fail(error, "cannot look into it");
  }
  bool empty = true;
  errno = 0;
  while (const dirent* entry = readdir(entries)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") empty = false;
  }
  const int error = errno;
  closedir(entries);
  if (error != 0) return fail(error, "cannot look into it");
  return empty;
}

// renameat(2) would overwrite. Some file systems do not know RENAME_NOREPLACE and say EINVAL; a second link cannot overwrite either.
int rename_to_new(int folder, const char* from, const char* to) {
  if (renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (linkat(folder, from, folder, to, 0) != 0) return errno;
  return unlinkat(folder, from, 0) == 0 ? 0 : errno;
}

}  // namespace

Result<ClaimedFolder> ClaimedFolder::claim(const fs::path& path) {
  // "run/" is "run": a slash at the end would make the kernel follow a link of that name.
  std::string text = path.string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  const fs::path plain(text);
  const std::string name = plain.has_filename() ? plain.filename().string() : ".";
  const fs::path above = plain.has_parent_path() ? plain.parent_path() : fs::path(".");

  const OwnedFd parent(::open(above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!parent) return fail(errno, "cannot create ", path.string());
  const bool made = mkdirat(parent.get(), name.c_str(), 0700) == 0;
  const int refused = made ? 0 : errno;
  OwnedFd fd(openat(parent.get(), name.c_str(), directory | O_NOFOLLOW));
  if (!fd) {
    const int error = errno;
    struct stat there {};
    if (fstatat(parent.get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) != 0) return fail(refused, "cannot create ", path.string());
    if (S_ISLNK(there.st_mode)) return fail(0, path.string(), " is a symbolic link, which a trace is not written through: name the directory itself");
    if (!S_ISDIR(there.st_mode)) return fail(0, path.string(), " exists and is no directory");
    if (there.st_uid == geteuid() || there.st_uid == 0) return fail(error, "cannot look into ", path.string());
    return fail(0, path.string(), " belongs to ", user(there.st_uid), ", and the trace would belong to ", user(geteuid()));
  }
  ClaimedFolder folder(std::move(fd), path, made);
  if (auto usable = folder.may_be_used(); !usable) {
    folder.give_up();
    return usable.error();
  }
  return folder;
}

Result<void> ClaimedFolder::may_be_used() const {
  struct stat there {};
  if (fstat(fd(), &there) != 0) return fail(errno, "cannot look at ", path().string());
  if (there.st_uid != geteuid() && there.st_uid != 0)
    return fail(0, path().string(), " belongs to ", user(there.st_uid), ", and the trace would belong to ", user(geteuid()));
  auto empty = is_empty(fd());
  if (!empty) return fail(empty.error().code, "cannot look into ", path().string());
  if (!*empty) return fail(0, path().string(), " exists and is not empty; a trace needs a directory of its own");
  if (faccessat(fd(), ".", W_OK | X_OK, AT_EACCESS) != 0) return fail(errno, "cannot write into ", path().string());
  return {};
}

void ClaimedFolder::give_up() const {
  if (opened_->made) ::rmdir(opened_->path.c_str());
}

Result<void> ClaimedFolder::has_room(uint64_t bytes) const {
  rlimit largest{};
  if (getrlimit(RLIMIT_FSIZE, &largest) == 0 && largest.rlim_cur < bytes)
    return fail(EFBIG, "cannot write a trace of files that may have ", largest.rlim_cur, " bytes (ulimit -f)");
  struct statvfs disk {};
  // A file system that does not know its size says 0.
  if (fstatvfs(fd(), &disk) != 0 || disk.f_blocks == 0) return {};
  const uint64_t free = uint64_t{disk.f_frsize} * (geteuid() == 0 ? disk.f_bfree : disk.f_bavail);
  const uint64_t files = geteuid() == 0 ? disk.f_ffree : disk.f_favail;
  if (free < bytes) return fail(ENOSPC, "cannot write into ", path().string(), ", where ", free, " bytes are free");
  if (disk.f_files != 0 && files == 0) return fail(ENOSPC, "cannot write into ", path().string(), ", where no file can be made any more");
  return {};
}

Result<ClaimedFolder> ClaimedFolder::make_folder(const std::string& name) const {
  if (mkdirat(fd(), name.c_str(), 0700) != 0) return fail(errno, "cannot create ", named(name));
  auto made = open_folder(name);
  struct stat there {};
  if (made && (fstat(made->fd(), &there) != 0 || there.st_uid != geteuid()))
    return fail(0, "cannot use ", named(name), ", which another user has put there");
  return made;
}

Result<ClaimedFolder> ClaimedFolder::open_folder(const std::string& name) const {
  OwnedFd opened(openat(fd(), name.c_str(), directory | O_NOFOLLOW));
  if (!opened) return fail(errno, "cannot open ", named(name));
  return ClaimedFolder(std::move(opened), opened_->path / name, false);
}

Result<OwnedFd> ClaimedFolder::make_file(const std::string& name) const {
  OwnedFd file(openat(fd(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail(errno, "cannot create ", named(name));
  return file;
}

Result<void> ClaimedFolder::make_file(const std::string& name, std::string_view text) const {
  const std::string unfinished = "." + name;
  auto file = make_file(unfinished);
  if (!file) return file.error();
  int error = 0;
  for (size_t done = 0; done < text.size() && error == 0;) {
    const ssize_t n = ::write(file->get(), text.data() + done, text.size() - done);
    if (n > 0)
      done += static_cast<size_t>(n);
    else if (n == 0 || errno != EINTR)
      error = n == 0 ? EIO : errno;
  }
  // Some file systems say only now that there was no room.
  if (file->close() != 0 && error == 0) error = errno;
  if (error == 0) error = rename_to_new(fd(), unfinished.c_str(), name.c_str());
  if (error == 0) return {};
  unlinkat(fd(), unfinished.c_str(), 0);
  return fail(error, "cannot write ", named(name));
}

Result<void> ClaimedFolder::remove_file(const std::string& name) const {
  if (unlinkat(fd(), name.c_str(), 0) != 0 && errno != ENOENT) return fail(errno, "cannot delete ", named(name));
  return {};
}

Result<void> ClaimedFolder::remove_folder(const std::string& name) const {
  if (unlinkat(fd(), name.c_str(), AT_REMOVEDIR) != 0) return fail(errno, "cannot delete ", named(name));
  return {};
}

}  // namespace mirrorscope::trace
