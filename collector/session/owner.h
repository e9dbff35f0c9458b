// SPDX-License-Identifier: Apache-2.0
// Whose a trace is: the user who typed sudo, and not the one that sudo made of him.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "trace/result.h"

namespace mirrorscope {

struct Owner {
  uid_t uid;
  gid_t gid;
  std::vector<gid_t> groups;
  std::string name;
};

// The user `asked` for (name or number); if that is empty the one who typed sudo (SUDO_UID, SUDO_GID), else this
// process's own. Only root can give a trace to somebody else.
Result<Owner> owner_of_trace(const std::string& asked);

// For as long as it lives this process touches files with the owner's rights, and makes them his. Nothing changes if it
// is the owner.
class ActingAs {
 public:
  static Result<ActingAs> owner(const Owner& owner);
  ActingAs(ActingAs&& other) noexcept
      : acting_(std::exchange(other.acting_, false)), gid_(other.gid_), groups_(std::move(other.groups_)) {}
  ActingAs& operator=(ActingAs&&) = delete;
  ~ActingAs();

 private:
  ActingAs() = default;
  bool acting_ = false;
  gid_t gid_ = 0;
  std::vector<gid_t> groups_;
};

}  // namespace mirrorscope
