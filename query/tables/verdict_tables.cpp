// SPDX-License-Identifier: Apache-2.0
// What `check` says about each trace: its findings, the verdict of each rule, what is missing.
#include "query/fields.h"
#include "query/tables/kept_table.h"
#include "query/tables/tables.h"

namespace mirrorscope::query {

namespace {
constexpr double kJudging = 10;  // times as much work as reading

std::string text(std::string_view s) { return std::string(s); }

using OfOne = void (*)(const OpenTrace&, const Judged&, std::vector<KeptRow>&);

MakeRows each(const Traces& traces, OfOne of_one) {
  return [&traces, of_one]() -> Result<std::vector<KeptRow>> {
    std::vector<KeptRow> rows;
    for (const auto& trace : traces.all()) {
      const auto judged = trace->judged();
      if (!judged) return judged.error();
      of_one(*trace, **judged, rows);
    }
    return rows;
  };
}

void findings(const OpenTrace& trace, const Judged& judged, std::vector<KeptRow>& rows) {
  const Names& names = judged.replayed.report.names;
  for (const Finding& f : judged.document.findings) {
    const RuleInfo& rule = f.rule->rule->info;
    const Candidate& c = *f.what;
    char room[20];
    rows.push_back(from(
        trace, {f.id, text(rule.id), text(rule.name), text(to_string(rule.level)), text(to_string(f.rule->verdict)),
                kept(c.completing.time), kept(c.tgid), kept(c.tid), names.task(c.tid), text(hex(c.mm, room)),
                c.fn ? KeptValue(names.symbol(c.fn)) : KeptValue(), c.what}));
  }
}

void rules(const OpenTrace& trace, const Judged& judged, std::vector<KeptRow>& rows) {
  for (const RuleResult& r : judged.replayed.report.rules) {
    const RuleInfo& rule = r.rule->info;
    rows.push_back(
        from(trace, {text(rule.id), text(rule.name), text(to_string(rule.level)), text(to_string(r.verdict)), r.reason,
                     kept(r.held), kept(r.broken), kept(r.doubtful), kept(r.unknown), text(rule.says)}));
  }
}

void losses(const OpenTrace& trace, const Judged& judged, std::vector<KeptRow>& rows) {
  for (const LossCount& l : judged.replayed.report.losses) {
    const EventInfo* event = event_info(l.event);
    const LossInfo* info = loss_info(l.cause);
    rows.push_back(from(trace, {text(label_of(catalog::enum_loss, l.cause)),
                                event ? KeptValue(text(event->name)) : KeptValue(), kept(l.count), kept(l.repaired),
                                kept(l.from), kept(l.until), info ? KeptValue(text(info->says)) : KeptValue()}));
  }
}
}  // namespace

void add_verdict_tables(Tables& tables, const Traces& traces) {
  const double effort = kJudging * traces.records();
  tables.push_back(kept_table("findings",
                              "what `check` finds: breaches of violated rules, doubtful ones of inconclusive rules",
                              {{"id", true, "as `explain` takes it: SEQ-01/2"},
                               {"rule", true, "its rule"},
                               {"name", true, "the rule's name"},
                               {"level", true, "hard, hazard or smell"},
                               {"verdict", true, "of the rule"},
                               {"time", false, "ns, of the record that completes it"},
                               {"tgid", false, "process"},
                               {"tid", false, "task"},
                               {"task", true, "its name"},
                               {"mm", true, "address space"},
                               {"callback", true, "the callback concerned"},
                               {"text", true, "one sentence with the values"}},
                              effort, each(traces, findings)));
  tables.push_back(kept_table("rules", "the verdict of each rule",
                              {{"rule", true, "its id"},
                               {"name", true, "its name"},
                               {"level", true, "hard, hazard or smell"},
                               {"verdict", true, "holds, violated, inconclusive, not_observable, never_exercised"},
                               {"reason", true, "why it could not be judged"},
                               {"held", false, "occasions that were right"},
                               {"broken", false, "occasions that were wrong"},
                               {"doubtful", false, "occasions that look wrong where records were lost"},
                               {"unknown", false, "occasions that could not be judged"},
                               {"says", true, "the rule"}},
                              effort, each(traces, rules)));
  tables.push_back(kept_table("losses", "records that are missing, by cause and event",
                              {{"cause", true, "row of losses.def"},
                               {"event", true, "which event is missing, NULL: any"},
                               {"count", false, "records, 0: how many is not known"},
                               {"repaired", false, "of these, made up for by the other half of their pair"},
                               {"from", false, "ns, none before"},
                               {"until", false, "ns, none after, -1: the end"},
                               {"says", true, "what the cause is"}},
                              effort, each(traces, losses)));
}

}  // namespace mirrorscope::query
