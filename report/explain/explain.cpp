// SPDX-License-Identifier: Apache-2.0
// What an explanation says, in this order: the rule, what is wrong, who invalidated or where somebody stood, whose the
// processes are, what the driver did, the events, where to look.
#include "report/explain/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <set>

#include "report/explain/ladder.h"
#include "report/folding.h"
#include "report/values.h"
#include "report/whose.h"
#include "schema/catalog.h"

namespace mirrorscope {

namespace {
constexpr size_t kIndent = 2;

std::string paragraph(std::string_view title, std::string_view text) {
  return fmt::format("\n{}\n{}{}\n", title, std::string(kIndent, ' '), folded(text, kIndent));
}

std::string_view meaning(Level level) {
  switch (level) {
    case Level::hard: return "hard: wrong in every circumstance";
    case Level::hazard: return "hazard: wrong in circumstances that a trace does not show";
    case Level::smell: return "smell: right, but slow or fragile";
  }
  return "?";
}

std::string invalidator(const ev_header& h, const Report& report) {
  const auto& e = reinterpret_cast<const ev_inv_start&>(h);
  std::string text = fmt::format("{} on CPU {}: {} of [{:#x}, {:#x}), {}", task_text(h.tgid, h.tid, report.names), h.cpu,
                                 label_of(catalog::enum_reason, e.reason), e.start, e.end,
                                 e.flags & 1 ? "may block" : "must not block");
  if (e.owner) text += fmt::format(", owner {:#x}", e.owner);
  std::string out = paragraph("Who invalidated", text);
  const auto frames = report.names.stack(e.stack);
  for (const std::string& frame : frames) out += fmt::format("    {}\n", frame);
  if (frames.empty()) out += "    (no stack was taken)\n";
  return out;
}

// Where tasks stood when they did what the evidence says, by the words of the rule.
std::string places(const Window& window, const Report& report) {
  std::string out;
  for (const WindowRow& row : window.rows) {
    const ev_header& h = *row.record;
    if (!row.evidence || h.id != EV_call_site) continue;
    std::string title = row.evidence->role;
    title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
    out += paragraph(title, fmt::format("{} on CPU {}", task_text(h.tgid, h.tid, report.names), h.cpu));
    for (const std::string& frame : report.names.stack(reinterpret_cast<const ev_call_site&>(h).stack)) out += fmt::format("    {}\n", frame);
  }
  return out;
}

// The processes of the finding, of the invalidation behind it and of the evidence; nothing of a trace that does not say
// whose they are.
std::string whose_they_are(const Finding& f, const Window& window, const Report& report) {
  std::set<uint32_t> processes{f.what->tgid};
  if (window.invalidation) processes.insert(window.invalidation->tgid);
  for (const WindowRow& row : window.rows)
    if (row.evidence && row.record->cpu != MS_ABOUT_CPU) processes.insert(row.record->tgid);
  std::string out;
  for (const uint32_t tgid : processes) {
    const std::string text = whose_in_full(tgid, report.names);
    if (!text.empty())
      out += fmt::format("  {}\n", folded(fmt::format("{}: {}", task_text(tgid, tgid, report.names), text), kIndent));
  }
  return out.empty() ? out : "\nWhose it is\n" + out;
}

// What the driver did: callbacks, and what its hooks and its use of HMM and of migrations show.
bool is_driver(const EventInfo& e) {
  return e.from == EventFrom::driver ||
         (e.from == EventFrom::kernel && (e.area == EventArea::callback || e.area == EventArea::fault || e.area == EventArea::migration));
}

std::string outcome(const ev_header& h, const Names& names) {
  std::string text;
  for (const FieldInfo& f : event_info(h.id)->fields) {
    if (f.name == "ret") text += fmt::format(", returned {}", value_text(h, f, names));
    if (f.name == "sub_seq") text += fmt::format(", invalidate_seq of the sub is {}", value_text(h, f, names));
    if (f.name == "cur_seq") text += fmt::format(", cur_seq {}", value_text(h, f, names));
  }
  return text;
}

std::string driver_did(const Window& window, const Report& report) {
  std::string out;
  std::map<std::pair<uint32_t, uint16_t>, const ev_header*> entered;
  const auto say = [&](std::string_view text) { out += fmt::format("  {}\n", folded(text, kIndent)); };
  for (const WindowRow& row : window.rows) {
    const ev_header& h = *row.record;
    const EventInfo* info = event_info(h.id);
    if (!is_driver(*info)) continue;
    if (info->kind == EventKind::entry) {
      entered[{h.tid, h.id}] = &h;
      continue;
    }
    const std::string who = fmt::format("{} in {}", function_of(h, report.names), task_text(h.tgid, h.tid, report.names));
    const auto entry = entered.find({h.tid, info->pair});
    if (info->kind == EventKind::point) {
      say(fmt::format("{}: {}", who, info->says));
    } else if (entry == entered.end()) {
      say(fmt::format("{}{}", who, outcome(h, report.names)));
    } else {
      say(fmt::format("{} ran {:.1f} us{}", who, static_cast<double>(h.time - entry->second->time) / 1e3, outcome(h, report.names)));
      entered.erase(entry);
    }
  }
  for (const auto& [call, h] : entered)
    say(fmt::format("{} in {} had not returned", function_of(*h, report.names), task_text(h->tgid, h->tid, report.names)));
  return out.empty() ? out : "\nWhat the driver did\n" + out;
}

// The addresses of a sentence by the short words that the events below it use.
std::string in_words(std::string_view text, const std::map<uint64_t, std::string>& words) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t hex = std::min(text.find("0x", at), text.size());
    out += text.substr(at, hex - at);
    const size_t end = std::min(text.find_first_not_of("0123456789abcdef", std::min(hex + 2, text.size())), text.size());
    uint64_t value = 0;
    if (hex < text.size()) std::from_chars(text.data() + hex + 2, text.data() + end, value, 16);
    const auto word = words.find(value);
    out += value && word != words.end() ? word->second : std::string(text.substr(hex, end - hex));
    at = end;
  }
  return out;
}
}  // namespace

std::string explain(const Finding& f, const Window& window, const Report& report) {
  const RuleInfo& info = f.rule->rule->info;
  const bool doubtful = f.rule->verdict == Verdict::inconclusive;
  std::string out = fmt::format("{} {}: {}, {} of {}\n", info.id, info.name, to_string(f.rule->verdict), f.number,
                                grouped(doubtful ? f.rule->doubtful : f.rule->broken));
  out += paragraph("The rule", info.says);
  out += fmt::format("  {}\n", folded(fmt::format("({}; contract of the {})", meaning(info.level), to_string(info.party)), kIndent));
  out += paragraph("Where the kernel says it", info.because);
  const Ladder events = ladder(window, report);
  out += paragraph(doubtful ? "What looks wrong" : "What is wrong", in_words(f.what->what, events.words));
  if (doubtful) out += fmt::format("  {}\n", folded(fmt::format("In doubt: {}.", f.rule->reason), kIndent));
  if (window.invalidation) out += invalidator(*window.invalidation, report);
  out += places(window, report);
  out += whose_they_are(f, window, report);
  out += driver_did(window, report);
  out += events.text;
  out += paragraph("Look at", info.look_at);
  out += paragraph("Not claimed", info.not_claimed);
  return out;
}

}  // namespace mirrorscope
