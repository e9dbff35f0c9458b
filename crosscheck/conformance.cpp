// SPDX-License-Identifier: Apache-2.0
// What a divergence is worth where records are missing, and what the verdict of the whole is.
#include "crosscheck/conformance.h"

#include <algorithm>

#include "schema/catalog.h"

namespace mirrorscope {

namespace {
// What each half is stepped by: only a loss of these can make it go wrong.
EventSet stepped_by(conform::Half half) {
  EventSet events;
  for (const EventInfo& e : catalog::events) {
    if (e.from == EventFrom::recorder || e.area == EventArea::memory) continue;
    const bool kernels = e.from == EventFrom::kernel && e.area != EventArea::migration && e.area != EventArea::pin;
    const bool drivers = e.area != EventArea::invalidation;
    if (half == conform::Half::kernel ? kernels : drivers) events.set(e.id);
  }
  return events;
}
}  // namespace

std::string_view to_string(Conforms v) {
  switch (v) {
    case Conforms::conformant: return "conformant";
    case Conforms::diverges: return "diverges";
    case Conforms::inconclusive: return "inconclusive";
  }
  return "?";
}

bool Conformance::feed(const ev_header& h) {
  if (!intake_.take_in_sequence(h)) {
    const Intake::Order order = intake_.take(h);
    if (order.forget) {
      kernel_.forget();
      driver_.forget();
    }
    // a run that the kernel skipped leaves no gap: what a task was thought to do may be wrong since then
    if (h.id == EV_lost) driver_.forget();
    if (!order.judge) return false;
  }
  const size_t before = kernel_.divergences().size() + driver_.divergences().size();
  kernel_.step(h);
  driver_.step(h);
  return kernel_.divergences().size() + driver_.divergences().size() > before;
}

ConformanceReport Conformance::finish() {
  ConformanceReport r;
  LossLog& losses = intake_.losses();
  intake_.finish();
  for (uint64_t n : intake_.by_event()) r.records += n;
  r.lost = losses.total();
  r.mms.assign(kernel_.mms().begin(), kernel_.mms().end());
  r.objects = driver_.objects();
  for (const auto& [mm, replayed] : r.mms) r.steps += replayed.steps;
  for (const auto& o : r.objects) r.steps += o.replayed.steps;
  for (const auto* half : {&kernel_.divergences(), &driver_.divergences()})
    for (const conform::Divergence& d : *half) {
      if (losses.overlaps(d.since, d.at.time + Mirror::kClockSlack, stepped_by(d.half)))
        r.doubts.push_back({d, "records were lost since the model's state was last known for certain"});
      else if (d.close)
        r.doubts.push_back({d, "another CPU's record is closer to it than their clocks are to each other"});
      else
        r.divergences.push_back(d);
    }
  std::stable_sort(r.divergences.begin(), r.divergences.end(), [](const auto& a, const auto& b) { return a.at.time < b.at.time; });
  if (!r.divergences.empty()) {
    r.verdict = Conforms::diverges;
  } else if (!r.doubts.empty()) {
    r.because = "what looks like a divergence may be explained otherwise";
  } else if (!r.steps) {
    r.because = r.lost ? "records were lost, and nothing could be replayed" : "there is nothing in it that the model has a state for";
  } else {
    r.verdict = Conforms::conformant;
  }
  return r;
}

}  // namespace mirrorscope
