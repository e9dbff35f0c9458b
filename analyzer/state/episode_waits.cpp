// SPDX-License-Identifier: Apache-2.0
// Episodes by the sequence that the kernel shows at each end, and the waits in them.
#include "analyzer/state/episode_waits.h"

#include <algorithm>

namespace mirrorscope {

namespace {
constexpr size_t kKept = 256;
}  // namespace

void EpisodeWaits::end_in(Episode& episode, const ev_itree_end_ret& e, const Call* within) {
  if (episode.over && episode.ended.size() >= kKept) return;  // others, of no episode, go on for as long as nobody is met
  // whose end it is is not known, or not kept: it may meet every sub
  Ended one{0, UINT64_MAX, EventRef::of(e.h)};
  if (within) one.start = within->start, one.end = within->end;
  if (episode.ended.size() < kKept) {
    episode.ended.push_back(one);
    return;
  }
  episode.ended.erase(episode.ended.begin());
  episode.ended.front().start = 0;
  episode.ended.front().end = UINT64_MAX;
  episode.ended.push_back(one);
}

// Odd: the episode of that sequence goes on. Even: the one before it is over, and so is this region, in it or, if nothing met it, beside it. The
// sequence was read a little after the end, so that of the next episode may be shown: then the one before is over at the latest now.
void EpisodeWaits::sees(const ev_itree_end_ret& e, const Facts& f) {
  const Call* within = f.within;
  if (within && within->at.id == EV_mm_release) within = nullptr;
  if (!f.mm) return;
  if (episodes_.size() >= kMms && !episodes_.find(f.mm->ptr)) episodes_.clear();
  Two& two = episodes_.get(f.mm->ptr);
  if (two.generation != f.mm->generation) {
    two = {};
    two.generation = f.mm->generation;
  }
  const uint64_t odd = e.seq % 2 ? e.seq : e.seq - 1;
  if (two.now.seq < odd) {
    if (two.now.seq && !two.now.over) two.now.over = EventRef::of(e.h);
    if (two.now.seq) end_in(two.now, e, within);
    std::swap(two.before, two.now);
    two.now.seq = odd;
    two.now.over = {};
    two.now.ended.clear();  // its room stays
  }
  end_in(two.now, e, within);
  if (e.seq % 2 == 0 && !two.now.over) two.now.over = EventRef::of(e.h);
}

std::optional<EpisodeWaits::Wait> EpisodeWaits::of(const ev_read_begin_ret& e, const Facts& f, const Mirror& mirror) const {
  if (!f.has_entry || !f.sub || f.sub->removed || !f.mm) return {};
  Wait w;
  const Two* two = episodes_.find(e.h.mm);
  if (!two || two->generation != f.mm->generation) return w;
  const Episode& episode = two->now.seq == e.ret ? two->now : two->before;
  if (episode.seq != e.ret || !episode.over || episode.over.time <= f.entry->at.time) return w;  // it was over before, or never was
  w.over = episode.over;
  if (&episode == &two->now && two->before.over) w.since = two->before.over.time;
  w.waited = episode.over.time - f.entry->at.time;
  uint64_t own = f.entry->at.time;
  for (const Ended& one : episode.ended) {
    if (one.start > f.sub->last || one.end <= f.sub->start || one.at.time <= own) continue;
    own = one.at.time;
    w.own = one.at;
  }
  // one that meets the sub and whose end has no record yet: it may have been the last
  mirror.each_task([&](const Task& t) {
    const auto meets = [&](uint64_t mm, uint64_t start, uint64_t end) { return mm == e.h.mm && start <= f.sub->last && f.sub->start < end; };
    for (const Region& r : t.regions)
      if (meets(r.mm, r.start, r.end) && r.started.time < episode.over.time) own = episode.over.time;
    for (const Call& c : t.calls)
      if ((c.at.id == EV_inv_start || c.at.id == EV_inv_end || c.at.id == EV_mm_release) && c.mm == e.h.mm && c.at.time < episode.over.time &&
          (c.at.id == EV_mm_release || meets(c.mm, c.start, c.end)))
        own = episode.over.time;
  });
  w.stretched = episode.over.time > own ? episode.over.time - own : 0;
  return w;
}

}  // namespace mirrorscope
