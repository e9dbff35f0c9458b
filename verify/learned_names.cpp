// SPDX-License-Identifier: Apache-2.0
// Which records say names.
#include "verify/learned_names.h"

#include "trace/reading/merge.h"

namespace mirrorscope {

Names learned_names(const trace::Reader& reader) {
  Names names;
  trace::Merge merge(reader);
  while (const ev_header* h = merge.next()) {
    if (h->id == EV_task_name) names.learn(reinterpret_cast<const ev_task_name&>(*h));
    if (h->id == EV_workload) names.learn(reinterpret_cast<const ev_workload&>(*h));
    if (h->id == EV_symbol) names.learn(reinterpret_cast<const ev_symbol&>(*h));
    if (h->id == EV_stack) names.learn(reinterpret_cast<const ev_stack&>(*h));
    if (h->id == EV_probe_state) names.learn(reinterpret_cast<const ev_probe_state&>(*h));
  }
  return names;
}

}  // namespace mirrorscope
