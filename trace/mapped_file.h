// SPDX-License-Identifier: Apache-2.0
// A file as memory.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "trace/result.h"

namespace mirrorscope::trace {

// Read-only; the size is the one at open. Cutting the file while it is mapped is the one thing that a reader cannot
// survive (SIGBUS); the Writer never does that to bytes that belong to a packet.
class MappedFile {
 public:
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept { *this = std::move(other); }
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  static Result<MappedFile> open(const std::filesystem::path& path);

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace mirrorscope::trace
