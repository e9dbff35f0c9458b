// SPDX-License-Identifier: Apache-2.0
// How the owner is found (sudo's environment, the user database) and acted as (seteuid).
#include "collector/session/owner.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <optional>

namespace mirrorscope {

namespace {

// (uid_t)-1 means "no change" to the system calls.
std::optional<uint32_t> id_of(std::string_view text) {
  uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id == UINT32_MAX) return {};
  return id;
}

// A number need not be in the user database: then it has no name and no groups beside its own.
Owner known(uid_t uid, std::optional<gid_t> gid) {
  const passwd* entry = getpwuid(uid);
  Owner owner{uid,
              gid     ? *gid
              : entry ? entry->pw_gid
                      : static_cast<gid_t>(uid),
              {},
              entry ? entry->pw_name : std::to_string(uid)};
  owner.groups = {owner.gid};
  if (!entry) return owner;
  int count = 64;
  owner.groups.resize(static_cast<size_t>(count));
  while (getgrouplist(owner.name.c_str(), owner.gid, owner.groups.data(), &count) < 0) {
    if (static_cast<size_t>(count) <= owner.groups.size()) count = static_cast<int>(2 * owner.groups.size());
    owner.groups.resize(static_cast<size_t>(count));
  }
  owner.groups.resize(static_cast<size_t>(count));
  return owner;
}

}  // namespace

Result<Owner> owner_of_trace(const std::string& asked) {
  const uid_t self = getuid();
  if (!asked.empty()) {
    const passwd* entry = getpwnam(asked.c_str());
    const std::optional<uid_t> uid = entry ? std::optional<uid_t>(entry->pw_uid) : id_of(asked);
    if (!uid) return fail(0, "cannot make a trace for ", asked, ": there is no such user");
    if (self != 0 && *uid != self) return fail(EPERM, "cannot make a trace for ", asked);
    return known(*uid, {});
  }
  if (self != 0) return known(self, getgid());
  const char* sudo = getenv("SUDO_UID");
  if (!sudo) return known(0, getgid());
  const char* group = getenv("SUDO_GID");
  const auto uid = id_of(sudo), gid = id_of(group ? group : "");
  if (!uid || (group && !gid))
    return fail(0, "cannot tell who typed sudo: SUDO_UID is ", sudo, group ? ", SUDO_GID is " : "", group ? group : "");
  return known(*uid, gid);
}

Result<ActingAs> ActingAs::owner(const Owner& owner) {
  ActingAs acting;
  if (geteuid() == owner.uid) return acting;
  acting.gid_ = getegid();
  const int count = getgroups(0, nullptr);
  acting.groups_.resize(static_cast<size_t>(count < 0 ? 0 : count));
  if (count < 0 || getgroups(count, acting.groups_.data()) < 0)
    return fail(errno, "cannot tell the groups of this process");
  if (setgroups(owner.groups.size(), owner.groups.data()) != 0)
    return fail(errno, "cannot act as ", owner.name, ", whose trace it would be");
  acting.acting_ = true;
  if (setegid(owner.gid) != 0 || seteuid(owner.uid) != 0)
    return fail(errno, "cannot act as ", owner.name, ", whose trace it would be");
  return acting;
}

ActingAs::~ActingAs() {
  if (!acting_) return;
  // Root that is still in the saved ids can always be had back; going on as somebody in between would be the one wrong
  // thing.
  if ((geteuid() != 0 && seteuid(0) != 0) || setegid(gid_) != 0 || setgroups(groups_.size(), groups_.data()) != 0)
    abort();
}

}  // namespace mirrorscope
