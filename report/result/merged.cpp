// SPDX-License-Identifier: Apache-2.0
// How parts become a set, and what is wrong with it.
#include "report/result/merged.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/result/part_json.h"

namespace mirrorscope {

namespace {
std::string content_of(Part part) {
  part.trace.path.clear();
  part.files.clear();
  return part_json(part).dump();
}

bool is(const Part& p, const std::string& name) {
  return p.trace.path == name || p.trace.host == name || p.trace.uuid == name || std::find(p.files.begin(), p.files.end(), name) != p.files.end();
}
}  // namespace

void Merged::add(Part part) {
  std::string content = content_of(part);
  std::vector<Kept>& same = parts_[part.identity()];
  const auto at = std::lower_bound(same.begin(), same.end(), content, [](const Kept& k, const std::string& c) { return k.content < c; });
  if (at == same.end() || at->content != content) {
    std::sort(part.files.begin(), part.files.end());
    same.insert(at, {std::move(content), std::move(part)});
    return;
  }
  std::vector<std::string> files;
  std::sort(part.files.begin(), part.files.end());
  std::merge(at->part.files.begin(), at->part.files.end(), part.files.begin(), part.files.end(), std::back_inserter(files));
  if (part.trace.path < at->part.trace.path) at->part = std::move(part);
  at->part.files = std::move(files);
}

std::vector<const Part*> Merged::parts() const {
  std::vector<const Part*> list;
  for (const auto& [identity, same] : parts_)
    for (const Kept& k : same) list.push_back(&k.part);
  std::stable_sort(list.begin(), list.end(), [](const Part* a, const Part* b) { return a->trace.path < b->trace.path; });
  return list;
}

std::vector<const Part*> Merged::differing() const {
  std::vector<const Part*> list;
  for (const auto& [identity, same] : parts_)
    if (same.size() > 1) list.push_back(&same.front().part);
  return list;
}

std::string of_traces(size_t some, size_t all) {
  return some == all ? all == 1 ? "the trace" : fmt::format("all {} traces", all) : fmt::format("{} of {} traces", some, all);
}

std::vector<Problem> problems_of(const Merged& merged, const std::vector<const Part*>& parts, std::string_view version) {
  std::vector<Problem> list;
  const auto say = [&](std::string_view kind, const std::string& name, const std::string& sentence) { list.push_back({kind, name, name + " " + sentence}); };
  for (const Expected& e : merged.expected()) {
    const bool there = std::any_of(parts.begin(), parts.end(), [&](const Part* p) { return is(*p, e.name); });
    const bool unreadable = std::any_of(merged.unreadable().begin(), merged.unreadable().end(), [&](const Unreadable& u) { return u.file == e.name; });
    if (e.exit && *e.exit != 0 && *e.exit != 1 && *e.exit != 3)
      say("died", e.name, fmt::format("is of a check that ended with {}{}", *e.exit, there ? "" : ", and left nothing"));
    else if (!there && !unreadable)
      say("missing", e.name, "is expected and not there");
  }
  for (const Part* p : parts) {
    if (!p->error.empty()) say("failed", p->trace.path, "could not be judged: " + p->error);
    if (p->judge != version) say("other_version", p->trace.path, fmt::format("was judged by mirrorscope {}, and this is {}", p->judge, version));
    if (p->files.size() > 1) say("twice", p->trace.path, fmt::format("is there {} times, and was counted once: {}", p->files.size(), fmt::join(p->files, ", ")));
  }
  for (const Part* p : merged.differing()) say("differs", p->trace.path, "has results that differ, and all of them were counted");
  for (const Unreadable& u : merged.unreadable()) say(u.other_version ? "other_version" : "unreadable", u.file, u.why);
  std::sort(list.begin(), list.end(), [](const Problem& a, const Problem& b) { return std::tie(a.kind, a.name, a.says) < std::tie(b.kind, b.name, b.says); });
  return list;
}

}  // namespace mirrorscope
