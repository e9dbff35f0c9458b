// SPDX-License-Identifier: Apache-2.0
// A directory that is opened once: what is found in it later is in this one, whatever is put in its place meanwhile.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "trace/reading/source.h"
#include "trace/result.h"

namespace mirrorscope::trace {

class Folder {
 public:
  Folder(Folder&& other) noexcept;
  Folder& operator=(Folder&& other) noexcept;
  ~Folder();

  // The error's code is ENOTDIR if something else is there.
  static Result<Folder> open(const std::filesystem::path& path);
  Result<Folder> folder(const std::string& name) const;

  // In byte order, without hidden ones: these are nobody's business (a Writer's unfinished metadata is one).
  Result<std::vector<std::string>> names() const;
  // Something of this name, of any kind; also if it is not for us to see.
  bool has(const std::string& name) const;

  // What lies under a name. Nothing but a regular file is ever opened: a fifo would wait for a writer, and opening a
  // device can do anything. Symbolic links are followed: who keeps data sets (git-annex, DVC) hands them out.
  struct Entry {
    std::string instead;  // "a directory", "a fifo" ...; empty: a regular file
    uint64_t bytes = 0;   // of a regular file
  };
  Result<Entry> look_at(const std::string& name) const;
  // Of an entry that is a regular file; null if it has become something else. It stays readable when it is deleted.
  Result<std::shared_ptr<const Source>> file(const std::string& name) const;

  const std::filesystem::path& path() const { return path_; }

 private:
  Folder(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}

  int fd_ = -1;
  std::filesystem::path path_;
};

}  // namespace mirrorscope::trace
