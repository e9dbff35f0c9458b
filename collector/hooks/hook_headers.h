// SPDX-License-Identifier: Apache-2.0
// The headers that a hook is compiled with: they are part of this program, so that they always fit it.
#pragma once

#include <filesystem>

#include "trace/result.h"

namespace mirrorscope {

// A temporary directory with bpf/ and schema/ in it, gone with this object.
class HookHeaders {
 public:
  static Result<HookHeaders> write();
  HookHeaders(HookHeaders&& other) noexcept : dir_(std::move(other.dir_)) { other.dir_.clear(); }
  HookHeaders& operator=(HookHeaders&&) = delete;
  ~HookHeaders();

  const std::filesystem::path& dir() const { return dir_; }

 private:
  explicit HookHeaders(std::filesystem::path dir) : dir_(std::move(dir)) {}
  std::filesystem::path dir_;
};

}  // namespace mirrorscope
