// SPDX-License-Identifier: Apache-2.0
// Which bars belong to a finding: those with its evidence, then those of its tasks and objects, then those of its mm.
#include "report/page/timeline.h"

#include <algorithm>
#include <iterator>

#include "report/values.h"

namespace mirrorscope {

namespace {
constexpr uint64_t kLeastMargin = 2'000;       // ns, so that an instant has something around it
constexpr uint64_t kMostMargin = 100'000'000;

constexpr std::string_view kObjects[] = {"sub", "ctx"};

bool contains(const std::vector<EventRef>& list, const ev_header* h) {
  return h && std::find(list.begin(), list.end(), EventRef::of(*h)) != list.end();
}
}  // namespace

Timelines::Timelines(std::span<const Candidate* const> findings, const RecordFinder& find, size_t bars) : bars_(bars) {
  for (const Candidate* c : findings) {
    Gathered g{.finding = c, .from = c->completing.time, .until = c->completing.time, .evidence = {},
               .tids = {c->tid}, .objects = {}, .proof = {}, .near = {}, .rest = {}};
    for (const Evidence& e : c->evidence) {
      const ev_header* h = e.event && find ? find(e.event) : nullptr;
      if (!h) continue;
      g.from = std::min<uint64_t>(g.from, h->time);
      g.until = std::max<uint64_t>(g.until, h->time);
      g.evidence.push_back(e.event);
      g.tids.push_back(h->tid);
      for (const std::string_view name : kObjects)
        if (const uint64_t object = number_in(*h, name).value_or(0)) g.objects.push_back(object);
    }
    const uint64_t margin = std::clamp((g.until - g.from) / 4, kLeastMargin, kMostMargin);
    g.from -= std::min(g.from, margin);
    g.until += margin;
    from_ = std::min(from_, g.from);
    until_ = std::max(until_, g.until);
    all_.push_back(std::move(g));
  }
}

void Timelines::see(const ev_header& h) {
  if (h.cpu == MS_ABOUT_CPU || all_.empty()) return;
  spans_.see(h);
  if (Spans::is_detached(h.id))
    instant(h);  // a point of its task; what lasts is the span
  else
    slices_.see(h);
}

void Timelines::finish() {
  slices_.finish();
  spans_.finish();
}

void Timelines::end(const ev_header& entry, uint64_t time, const ev_header* exit) {
  put({entry, exit, entry.time, time, SpanKind::kinds});
}
void Timelines::instant(const ev_header& h) { put({h, nullptr, h.time, h.time, SpanKind::kinds}); }
void Timelines::span(SpanKind kind, const ev_header& begin, uint64_t time, const ev_header* end) {
  put({begin, end, begin.time, time, kind});
}

void Timelines::put(const Seen& seen) {
  if (seen.until < from_ || seen.from > until_) return;
  Bar bar;
  for (Gathered& g : all_) {
    if (seen.until < g.from || seen.from > g.until) continue;
    std::deque<Bar>* list = place_of(g, seen);
    if (!list) continue;
    if (!bar.begin) bar = {KeptRecord(seen.begin), seen.end ? KeptRecord(*seen.end) : KeptRecord(), seen.from, seen.until, seen.span};
    list->push_back(bar);
    if (list == &g.proof || list->size() <= bars_ / 2) continue;
    list->pop_front();
    ++g.left_out;
  }
}

bool Timelines::is_near(const Gathered& g, const Seen& seen) {
  if (std::find(g.tids.begin(), g.tids.end(), seen.begin.tid) != g.tids.end()) return true;
  return std::any_of(std::begin(kObjects), std::end(kObjects), [&](std::string_view name) {
    const uint64_t object = number_in(seen.begin, name).value_or(0);
    return object && std::find(g.objects.begin(), g.objects.end(), object) != g.objects.end();
  });
}

// What led to a finding tells more than what came after it, and of that the latest.
std::deque<Bar>* Timelines::place_of(Gathered& g, const Seen& seen) const {
  if (contains(g.evidence, &seen.begin) || contains(g.evidence, seen.end)) return &g.proof;
  const bool near = is_near(g, seen);
  if (!near && g.finding->mm && seen.begin.mm && seen.begin.mm != g.finding->mm) return nullptr;
  if (seen.from > g.finding->completing.time && ++g.later > bars_ / 8) {
    ++g.left_out;
    return nullptr;
  }
  return near ? &g.near : &g.rest;
}

Around Timelines::around(size_t finding) const {
  const Gathered& g = all_[finding];
  Around out{g.from, g.until, {g.proof.begin(), g.proof.end()}, g.left_out};
  out.bars.insert(out.bars.end(), g.near.begin(), g.near.end());
  out.bars.insert(out.bars.end(), g.rest.begin(), g.rest.end());
  std::stable_sort(out.bars.begin(), out.bars.end(),
                   [](const Bar& a, const Bar& b) { return a.from != b.from ? a.from < b.from : a.until > b.until; });
  return out;
}

}  // namespace mirrorscope
