// SPDX-License-Identifier: Apache-2.0
// The words for what the oracle sees.
#include "driver-model/machine/oracle.h"

namespace mirrorscope::model {

std::string to_text(Hits hits) {
  static constexpr std::pair<Hit, const char*> kWords[] = {
      {hit_freed, "freed page"}, {hit_stale, "stale translation"}, {hit_permission, "write without permission"},
      {hit_lost_write, "lost write"}, {hit_deadlock, "deadlock"}, {hit_leak, "leak"}, {hit_misuse, "misuse"},
      {hit_sleeps, "sleeps"}, {hit_livelock, "livelock"}};
  std::string text;
  for (const auto& [hit, word] : kWords)
    if (hits & hit) text.append(text.empty() ? "" : ", ").append(word);
  return text.empty() ? "-" : text;
}

}  // namespace mirrorscope::model
