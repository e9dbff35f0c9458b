// SPDX-License-Identifier: Apache-2.0
// How capabilities are read, and how they and the user id are given away (libcap).
#include "collector/kernel/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace mirrorscope {

namespace {

struct Free {
  void operator()(cap_t caps) const { cap_free(caps); }
};
using Caps = std::unique_ptr<std::remove_pointer_t<cap_t>, Free>;

bool effective(const Caps& caps, cap_value_t capability) {
  cap_flag_value_t value = CAP_CLEAR;
  return caps && cap_get_flag(caps.get(), capability, CAP_EFFECTIVE, &value) == 0 && value == CAP_SET;
}

// Real, effective and saved ids: none of them leads back. PR_SET_KEEPCAPS: what is permitted survives that uid 0 goes (capabilities(7)).
Result<void> become(const Owner& owner) {
  uid_t real = 0, effective_uid = 0, saved = 0;
  if (getresuid(&real, &effective_uid, &saved) != 0) return fail(errno, "cannot read the user ids of this process");
  if (real == owner.uid && effective_uid == owner.uid && saved == owner.uid) return {};
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return fail(errno, "cannot keep capabilities beyond uid 0");
  if (setgroups(owner.groups.size(), owner.groups.data()) != 0) return fail(errno, "cannot take the groups of ", owner.name);
  if (setresgid(owner.gid, owner.gid, owner.gid) != 0) return fail(errno, "cannot take the group of ", owner.name);
  if (setresuid(owner.uid, owner.uid, owner.uid) != 0) return fail(errno, "cannot become ", owner.name);
  if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0) return fail(errno, "cannot give up kept capabilities");
  return {};
}

}  // namespace

std::vector<Privilege> privileges() {
  const Caps caps(cap_get_proc());
  // Since CAP_BPF exists (Linux 5.8) CAP_SYS_ADMIN includes it and CAP_PERFMON: bpf_capable(), perfmon_capable().
  const bool admin = effective(caps, CAP_SYS_ADMIN);
  auto row = [&](int capability, const char* name, bool required, const char* why) {
    const bool included = admin && (capability == CAP_BPF || capability == CAP_PERFMON);
    return Privilege{capability, name, required, why, included || effective(caps, capability)};
  };
  return {
      row(CAP_BPF, "CAP_BPF", true, "no BPF program can be loaded"),
      row(CAP_PERFMON, "CAP_PERFMON", true, "no BPF program may look at the kernel"),
      row(CAP_SYS_ADMIN, "CAP_SYS_ADMIN", true,
          "libbpf cannot read the types of kernel modules (module BTF), and loads nothing without them"),
      row(CAP_SYSLOG, "CAP_SYSLOG", false, "kernel addresses cannot be resolved: no names of callbacks and stacks"),
  };
}

Result<void> can_record() {
  std::string missing;
  for (const Privilege& p : privileges())
    if (p.required && !p.held) missing += (missing.empty() ? "" : ", ") + std::string(p.name);
  if (missing.empty()) return {};
  return fail(0, "recording needs ", missing,
              ", which this process does not have: run it with sudo, or as docs/privileges.md says");
}

Result<void> keep_only_recording(const Owner& owner) {
  // The bounding set goes first: changing it takes CAP_SETPCAP. Who does not hold that cannot gain anything either.
  const Caps before(cap_get_proc());
  if (!before) return fail(errno, "cannot read the capabilities of this process");
  if (effective(before, CAP_SETPCAP))
    for (cap_value_t capability = 0; capability < cap_max_bits(); ++capability)
      if (cap_drop_bound(capability) != 0) return fail(errno, "cannot drop capability ", capability, " from the bounding set");
  if (auto became = become(owner); !became) return became;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail(errno, "cannot set no_new_privs");
  if (cap_reset_ambient() != 0 && errno != EINVAL) return fail(errno, "cannot reset the ambient capabilities");

  const Caps kept(cap_init());
  for (cap_value_t capability : {CAP_BPF, CAP_PERFMON}) {
    cap_flag_value_t permitted = CAP_CLEAR;
    cap_get_flag(before.get(), capability, CAP_PERMITTED, &permitted);
    if (permitted != CAP_SET) continue;
    cap_set_flag(kept.get(), CAP_PERMITTED, 1, &capability, CAP_SET);
    cap_set_flag(kept.get(), CAP_EFFECTIVE, 1, &capability, CAP_SET);
  }
  if (cap_set_proc(kept.get()) != 0) return fail(errno, "cannot drop capabilities");
  return {};
}

}  // namespace mirrorscope
