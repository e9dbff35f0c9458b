// SPDX-License-Identifier: Apache-2.0
// How programs, subs and threads become a Model: labels resolved, futures found, the first state made.
#pragma once

#include <map>
#include <string>

#include "driver-model/machine/model.h"
#include "driver-model/machine/oracle.h"

namespace mirrorscope::model {

struct Parts {
  std::vector<Program> programs;  // the driver's; those of environment.h are added
  std::vector<SubDef> subs;
  std::vector<ListDef> lists;
  std::vector<ThreadDef> threads;
  u8 pages = 2;            // of the process, mapped writable from va 0 on
  bool populated = true;   // and present from the start
  bool huge = false;
  std::map<u8, u8> vars;   // variables that do not begin with 0
  bool pins_may_go_stale = false;
  bool tears_down = false;
  std::vector<DeviceDef> devices{{}};
  std::map<u8, u8> lock_kinds;  // enum lock_kind; the rest: lock 1 is the user lock, others are `other`
};

// Aborts, with the name, on a label or program that does not exist: these are bugs of the profile.
Model compile(const Parts& parts);

// hit_deadlock or hit_leak, of a state in which nobody can go on.
Hits at_end(const Model& model, const State& s);

}  // namespace mirrorscope::model
