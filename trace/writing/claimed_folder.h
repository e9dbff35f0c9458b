// SPDX-License-Identifier: Apache-2.0
// A directory that was opened once: what is in it is made, renamed and deleted through its descriptor, so that nobody can put another
// directory or a symbolic link in its way meanwhile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "trace/owned_fd.h"
#include "trace/result.h"

namespace mirrorscope::trace {

// A value: copies share the descriptor. Names are of one component. No call follows a symbolic link, none overwrites what is there.
class ClaimedFolder {
 public:
  // The directory of a trace: makes `path` (0700), or takes it if it is there, is empty and belongs to the user that this process acts as, or
  // to root and can be written by that user. Its parent is looked up with the rights of that user.
  static Result<ClaimedFolder> claim(const std::filesystem::path& path);
  // Takes a claimed directory away again, if claim() made it and nothing is in it.
  void give_up() const;
  // Is there room for so many bytes, as far as the disk and the limits of this process say?
  Result<void> has_room(uint64_t bytes) const;

  Result<ClaimedFolder> make_folder(const std::string& name) const;  // 0700
  Result<ClaimedFolder> open_folder(const std::string& name) const;
  Result<OwnedFd> make_file(const std::string& name) const;  // 0600, for writing
  // The file `name` appears whole or not at all.
  Result<void> make_file(const std::string& name, std::string_view text) const;
  // No error if it is not there.
  Result<void> remove_file(const std::string& name) const;
  Result<void> remove_folder(const std::string& name) const;

  // For sentences.
  const std::filesystem::path& path() const { return opened_->path; }

 private:
  struct Opened {
    OwnedFd fd;
    std::filesystem::path path;
    bool made = false;
  };
  ClaimedFolder(OwnedFd fd, std::filesystem::path path, bool made)
      : opened_(std::make_shared<const Opened>(Opened{std::move(fd), std::move(path), made})) {}
  Result<void> may_be_used() const;
  int fd() const { return opened_->fd.get(); }
  std::string named(const std::string& name) const { return (opened_->path / name).string(); }

  std::shared_ptr<const Opened> opened_;
};

}  // namespace mirrorscope::trace
