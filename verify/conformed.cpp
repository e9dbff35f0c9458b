// SPDX-License-Identifier: Apache-2.0
// How the result of a replay is said.
#include "verify/conformed.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/folding.h"
#include "report/render/json.h"
#include "trace/reading/merge.h"
#include "trace/reading/reader.h"
#include "trace/text/text.h"
#include "verify/replay.h"

namespace mirrorscope {

namespace {
using Json = nlohmann::ordered_json;
constexpr size_t kKept = 1000;  // divergences whose record is kept

std::string_view to_string(conform::Half half) { return half == conform::Half::kernel ? "kernel" : "driver"; }

const std::string* record_of(const std::vector<std::pair<EventRef, std::string>>& kept, const EventRef& at) {
  for (const auto& [ref, text] : kept)
    if (ref == at) return &text;
  return nullptr;
}

std::string counts(const conform::Replayed& r) {
  std::string text = grouped(r.steps) + " steps";
  if (r.unknown) text += ", " + grouped(r.unknown) + " records while its state was not known";
  if (r.stretches) text += fmt::format(", known anew {} time{}", grouped(r.stretches), r.stretches == 1 ? "" : "s");
  if (r.divergences) text += fmt::format(", {} divergence{}", grouped(r.divergences), r.divergences == 1 ? "" : "s");
  return text;
}

Json json_of(const conform::Replayed& r) {
  return {{"steps", r.steps}, {"unknown", r.unknown}, {"stretches", r.stretches}, {"divergences", r.divergences}};
}

std::string hex(uint64_t v) { return fmt::format("{:#x}", v); }
}  // namespace

Result<Conformed> conformed(const std::filesystem::path& path, const model::Profile* profile) {
  auto reader = trace::Reader::open(path);
  if (!reader) return reader.error();
  Conformance conformance(profile, facts_of(*reader));
  {
    trace::Merge merge(*reader);
    while (const ev_header* h = merge.next()) conformance.learn(*h);
  }
  Conformed out;
  trace::Merge merge(*reader);
  while (const ev_header* h = merge.next()) {
    if (!conformance.feed(*h) || out.text.size() >= kKept) continue;
    out.text.emplace_back(EventRef::of(*h), trace::to_text(*h));
    out.json.emplace_back(EventRef::of(*h), record_to_json(*h));
  }
  for (const trace::Cursor& cursor : merge.cursors())
    for (const trace::Damage& d : cursor.damage()) conformance.damaged(window_of(d));
  for (const trace::Cursor& cursor : merge.cursors()) conformance.heads_say(cursor.stream(), cursor.discarded());
  out.report = conformance.finish();
  return out;
}

std::string to_text(const Conformed& c, size_t most) {
  const ConformanceReport& r = c.report;
  std::string text;
  auto list = [&](const auto& all, std::string_view what, auto line) {
    for (size_t i = 0; i < std::min(most, all.size()); ++i) text += line(all[i]);
    if (all.size() > most) text += fmt::format("  and {} more {}\n", grouped(all.size() - most), what);
  };
  text += fmt::format("kernel: {} address space{}\n", grouped(r.mms.size()), r.mms.size() == 1 ? "" : "s");
  list(r.mms, "address spaces", [](const auto& m) { return fmt::format("  mm {:#x}: {}\n", m.first, counts(m.second)); });
  text += fmt::format("driver: {} mirroring object{}\n", grouped(r.objects.size()), r.objects.size() == 1 ? "" : "s");
  list(r.objects, "objects", [](const conform::Driver::Object& o) {
    const std::string as = o.profile.empty() ? "no profile is like it, see --profile" : std::string(o.profile) + ", " + counts(o.replayed);
    return fmt::format("  {:#x}: {}\n", o.ctx, as);
  });
  auto tell = [&](const conform::Divergence& d, std::string_view as, std::string_view because) {
    const std::string* record = record_of(c.text, d.at);
    std::string said = fmt::format("{} ({}{}) at [{}.{:09}] cpu{} #{}\n", as, to_string(d.half), d.object ? fmt::format(" {:#x}", d.object) : "",
                                   d.at.time / 1'000'000'000, d.at.time % 1'000'000'000, d.at.cpu, d.at.seq);
    if (record) said += "  " + *record + "\n";
    said += "  the model allows: " + d.allowed + "\n  recorded: " + d.recorded + "\n";
    if (!because.empty()) said += fmt::format("  but {}\n", because);
    return said;
  };
  list(r.divergences, "divergences", [&](const conform::Divergence& d) { return tell(d, "diverges", ""); });
  list(r.doubts, "doubts", [&](const Doubt& d) { return tell(d.divergence, "doubtful", d.because); });
  text += fmt::format("{}{}{}: {} records, {} steps of the model, {} divergence{}, {} doubtful, {} records lost\n", mirrorscope::to_string(r.verdict),
                      r.because.empty() ? "" : ", ", r.because, grouped(r.records), grouped(r.steps), grouped(r.divergences.size()),
                      r.divergences.size() == 1 ? "" : "s", grouped(r.doubts.size()), grouped(r.lost));
  return text;
}

std::string to_json(const Conformed& c) {
  const ConformanceReport& r = c.report;
  auto divergence = [&](const conform::Divergence& d) {
    Json one{{"half", std::string(to_string(d.half))}, {"time", d.at.time}, {"cpu", d.at.cpu}, {"seq", d.at.seq}, {"tid", d.tid}, {"mm", hex(d.mm)}};
    if (d.object) one["object"] = hex(d.object);
    one["allowed"] = d.allowed;
    one["recorded"] = d.recorded;
    if (const std::string* record = record_of(c.json, d.at)) one["event"] = Json::parse(*record);
    return one;
  };
  Json out{{"verdict", std::string(mirrorscope::to_string(r.verdict))}, {"because", r.because}, {"records", r.records}, {"steps", r.steps}, {"lost", r.lost}};
  out["mms"] = out["objects"] = out["divergences"] = out["doubts"] = Json::array();
  for (const auto& [mm, replayed] : r.mms) {
    Json one{{"mm", hex(mm)}};
    one.update(json_of(replayed));
    out["mms"].push_back(one);
  }
  for (const conform::Driver::Object& o : r.objects) {
    Json one{{"object", hex(o.ctx)}, {"mm", hex(o.mm)}, {"profile", std::string(o.profile)}};
    one.update(json_of(o.replayed));
    out["objects"].push_back(one);
  }
  for (const conform::Divergence& d : r.divergences) out["divergences"].push_back(divergence(d));
  for (const Doubt& d : r.doubts) {
    Json one = divergence(d.divergence);
    one["because"] = d.because;
    out["doubts"].push_back(one);
  }
  return out.dump(2) + "\n";
}

}  // namespace mirrorscope
