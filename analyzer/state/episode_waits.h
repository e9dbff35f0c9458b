// SPDX-License-Identifier: Apache-2.0
// How long did mmu_interval_read_begin() wait, and how much of it for invalidations that do not meet its sub? It waits for the end of the
// whole episode, which others may stretch (mm/mmu_notifier.c, mn_itree_inv_end()).
#pragma once

#include <optional>
#include <vector>

#include "driver-model/mirror/mirror.h"
#include "driver-model/mirror/table.h"

namespace mirrorscope {

class EpisodeWaits {
 public:
  struct Wait {
    uint64_t waited = 0;     // ns, until the episode was over; 0 = it did not wait
    uint64_t stretched = 0;  // ns of that after the last invalidation that meets the sub had ended
    EventRef own;            // the end of that one; none if it had ended before read_begin was entered
    EventRef over;           // the end of the episode
    uint64_t since = 0;      // the episode began after this, and with it all of its invalidations
  };

  void sees(const ev_itree_end_ret& e, const Facts& f);
  void sees(const ev_mm_exit_ret& e) { episodes_.erase(e.h.mm); }
  // At read_begin_ret; nothing if its entry is not known, or its sub is not or was removed.
  std::optional<Wait> of(const ev_read_begin_ret& e, const Facts& f, const Mirror& mirror) const;

 private:
  struct Ended {
    uint64_t start, end;
    EventRef at;
  };
  struct Episode {
    uint64_t seq = 0;  // odd
    EventRef over;     // none: it goes on
    std::vector<Ended> ended;
  };
  struct Two {
    uint64_t generation = 0;  // of the mm
    Episode now, before;
  };
  static constexpr size_t kMms = 4096;  // followed at a time; with more it begins anew
  static void end_in(Episode&, const ev_itree_end_ret&, const Call*);

  Table<Two> episodes_;  // by mm
};

}  // namespace mirrorscope
