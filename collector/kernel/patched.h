// SPDX-License-Identifier: Apache-2.0
// Which functions has the kernel really redirected to a trampoline? Attaching may succeed and change nothing: on 7.2
// fentry of kvm_mmu_notifier_invalidate_range_end() gives a link, and the function's code stays as it was.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "trace/owned_fd.h"

namespace mirrorscope {

class Patched {
 public:
  // Nothing if tracefs cannot be read. The file stays open, so that it can be read again when privileges are gone.
  static std::optional<Patched> open();

  bool has(std::string_view function) const { return functions_.contains(std::string(function)); }
  // Reads the list again; false if that failed.
  bool refresh();

 private:
  OwnedFd fd_;
  std::unordered_set<std::string> functions_;
};

}  // namespace mirrorscope
