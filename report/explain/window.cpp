// SPDX-License-Identifier: Apache-2.0
// How the window is kept small: only the mm of the finding, only objects that its evidence names, the latest of them.
#include "report/explain/window.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "report/values.h"

namespace mirrorscope {

namespace {
// Fields whose value is the identity of an object. A range lives on a stack and counts only within its task.
constexpr auto kObjects = std::to_array<std::string_view>({"range", "sub", "subs", "hmm_range", "ctx", "args", "pages", "src", "finish"});
constexpr uint16_t kRange = 0;

struct ObjectField {
  uint16_t name;    // index into kObjects
  uint16_t offset;  // in the record
};

// By event id: a window may be open over millions of records.
const std::array<std::vector<ObjectField>, EV_LIMIT> kObjectFields = [] {
  std::array<std::vector<ObjectField>, EV_LIMIT> table;
  for (const EventInfo& e : catalog::events)
    for (const FieldInfo& f : e.fields)
      for (uint16_t i = 0; i < kObjects.size(); ++i)
        if (f.name == kObjects[i] && f.type == FieldType::ptr && f.count == 1) table[e.id].push_back({i, f.offset});
  return table;
}();
}  // namespace

std::vector<Windows::Identity> Windows::objects_of(const ev_header& h) {
  std::vector<Identity> objects;
  for (const ObjectField& f : kObjectFields[h.id % EV_LIMIT]) {
    uint64_t value;
    std::memcpy(&value, reinterpret_cast<const char*>(&h) + f.offset, sizeof(value));
    if (value) objects.push_back({f.name, f.name == kRange ? value ^ (uint64_t{h.tid} << 32) : value});
  }
  return objects;
}

Windows::Windows(std::span<const Candidate* const> findings, const RecordFinder& find) {
  for (const Candidate* c : findings) {
    Gathered w{.finding = c, .from = c->completing.time, .until = c->completing.time, .objects = {}, .evidence = {}, .context = {}, .invalidation = {}};
    for (const Evidence& e : c->evidence) {
      const ev_header* h = e.event && find ? find(e.event) : nullptr;
      if (!h) continue;
      w.from = std::min<uint64_t>(w.from, h->time);
      w.until = std::max<uint64_t>(w.until, h->time);
      for (const Identity& object : objects_of(*h))
        if (std::find(w.objects.begin(), w.objects.end(), object) == w.objects.end()) w.objects.push_back(object);
    }
    until_ = std::max(until_, w.until);
    windows_.push_back(std::move(w));
  }
}

void Windows::watch_invalidations(const ev_header& h) {
  if (h.id != EV_inv_start && h.id != EV_inv_start_ret && h.id != EV_inv_end_ret) return;
  auto& open = open_[h.tid];
  const auto range = number_in(h, "range");
  const auto same = [&](const KeptRecord& start) { return number_in(*start, "range") == range; };
  if (h.id != EV_inv_start_ret) std::erase_if(open, same);
  if (h.id == EV_inv_start_ret && number_in(h, "ret").value_or(0)) std::erase_if(open, same);
  if (h.id != EV_inv_start) return;
  if (open.size() == kMostOpen) open.erase(open.begin());  // ends were lost
  open.emplace_back(h);
}

void Windows::take(Gathered& w, const ev_header& h, const Evidence* evidence) {
  if (evidence)
    w.evidence.emplace_back(KeptRecord(h), evidence);
  else
    w.context.emplace_back(h);
  if (w.context.size() > kContext) {
    w.context.pop_front();
    ++w.left_out;
  }
  if (w.invalidation && w.invalidation_proves && !evidence) return;
  const auto range = number_in(h, "range");
  const auto open = open_.find(h.tid);
  if (!range || open == open_.end()) return;
  for (const KeptRecord& start : open->second)
    if (number_in(*start, "range") == range) {
      w.invalidation = start;
      w.invalidation_proves = evidence != nullptr;
    }
}

void Windows::see(const ev_header& h) {
  if (h.time > until_ || h.cpu == MS_ABOUT_CPU) return;
  if (h.id == EV_inv_start) watch_invalidations(h);
  for (Gathered& w : windows_) {
    if (h.time < w.from || h.time > w.until) continue;
    const EventRef ref = EventRef::of(h);
    const auto& list = w.finding->evidence;
    const auto proof = std::find_if(list.begin(), list.end(), [&](const Evidence& e) { return e.event == ref; });
    if (proof != list.end()) {
      take(w, h, &*proof);
      continue;
    }
    if (h.mm && w.finding->mm && h.mm != w.finding->mm) continue;
    const auto objects = objects_of(h);
    const bool same = std::any_of(objects.begin(), objects.end(), [&](const Identity& object) {
      return std::find(w.objects.begin(), w.objects.end(), object) != w.objects.end();
    });
    if (same) take(w, h, nullptr);
  }
  if (h.id != EV_inv_start) watch_invalidations(h);
}

Window Windows::of(const Candidate& finding) const {
  Window out;
  for (const Gathered& w : windows_) {
    if (w.finding != &finding) continue;
    for (const auto& [record, evidence] : w.evidence) out.rows.push_back({record.get(), evidence});
    for (const KeptRecord& record : w.context) out.rows.push_back({record.get(), nullptr});
    out.left_out = w.left_out;
    if (w.invalidation) {
      const EventRef start = EventRef::of(*w.invalidation);
      const auto row = std::find_if(out.rows.begin(), out.rows.end(), [&](const WindowRow& r) { return EventRef::of(*r.record) == start; });
      out.invalidation = row != out.rows.end() ? row->record : w.invalidation.get();
      if (row == out.rows.end()) out.rows.push_back({out.invalidation, nullptr});
    }
    std::stable_sort(out.rows.begin(), out.rows.end(),
                     [](const WindowRow& a, const WindowRow& b) { return a.record->time < b.record->time; });
  }
  return out;
}

}  // namespace mirrorscope
