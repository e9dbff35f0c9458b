// SPDX-License-Identifier: Apache-2.0
// Where the records come from: traces, and the processes in them.
#include <map>
#include <set>

#include "query/scan.h"
#include "query/tables/kept_table.h"
#include "query/tables/tables.h"

namespace mirrorscope::query {

namespace {
Result<std::vector<KeptRow>> traces_of(const Traces& traces) {
  std::vector<KeptRow> rows;
  for (const auto& trace : traces.all()) {
    const trace::Provenance& p = trace->reader().provenance();
    uint64_t bytes = 0;
    for (const auto& s : trace->reader().streams()) bytes += s.bytes;
    rows.push_back(from(*trace, {p.kernel_release, p.recorder, std::string(trace::to_string(p.origin)), p.command_line,
                                 kept(p.started), p.clock_offset, kept(p.cpus), kept(bytes)}));
  }
  return rows;
}

struct Process {
  std::set<uint32_t> tasks;
  uint64_t records = 0, invalidations = 0, callbacks = 0, faults = 0, first = UINT64_MAX, last = 0;

  void see(const ev_header& h) {
    tasks.insert(h.tid);
    ++records;
    invalidations += h.id == EV_inv_start;
    callbacks += h.id == EV_cb_enter || h.id == EV_hl_start;
    faults += h.id == EV_range_fault;
    first = std::min<uint64_t>(first, h.time);
    last = std::max<uint64_t>(last, h.time);
  }
};

// NULL if the trace does not say.
KeptValue said(const std::string& text) { return text.empty() ? KeptValue() : KeptValue(text); }

Result<std::vector<KeptRow>> processes_of(const Traces& traces) {
  std::vector<KeptRow> rows;
  std::map<std::pair<const OpenTrace*, uint32_t>, Process> processes;
  Scan scan(traces, {}, false);
  while (const ev_header* h = scan.next())
    if (cpu_of(*h) >= 0) processes[{&scan.trace(), h->tgid}].see(*h);
  for (const auto& [who, p] : processes) {
    const auto& [trace, tgid] = who;
    const KnownProcess* known = trace->names().process(tgid);
    const Workload w = known ? known->workload : Workload();
    rows.push_back(from(
        *trace, {kept(tgid), trace->names().task(tgid), kept(p.tasks.size()), kept(p.records), kept(p.invalidations),
                 kept(p.callbacks), kept(p.faults), kept(p.first), kept(p.last), said(w.job), said(w.step), said(w.pod),
                 said(w.container), said(w.unit), known && known->uid ? kept(*known->uid) : KeptValue(),
                 said(known ? known->exe : ""), said(known ? known->cgroup : "")}));
  }
  return rows;
}
}  // namespace

void add_origin_tables(Tables& tables, const Traces& traces) {
  tables.push_back(kept_table("traces", "the traces that are asked, and where each is from",
                              {{"kernel", true, "its release"},
                               {"recorder", true, "version of mirrorscope"},
                               {"origin", true, "recorded, model or written"},
                               {"command_line", true, "what was typed"},
                               {"started", false, "ns on the clock of the records"},
                               {"clock_offset", false, "ns to add to a time to get ns since 1970"},
                               {"cpus", false, "possible CPUs"},
                               {"bytes", false, "of all streams"}},
                              1, [&traces] { return traces_of(traces); }));
  tables.push_back(kept_table("processes", "who ran the code that made records",
                              {{"tgid", false, "process"},
                               {"process", true, "the name of its first task, ? if the trace does not say"},
                               {"tasks", false, "of it that made records"},
                               {"records", false, "all records"},
                               {"invalidations", false, "inv_start"},
                               {"callbacks", false, "cb_enter and hl_start"},
                               {"faults", false, "range_fault"},
                               {"first", false, "ns, of its first record"},
                               {"last", false, "ns, of its last record"},
                               {"job", true, "Slurm's job; this and what follows is NULL if the trace does not say"},
                               {"step", true, "of that job: 0, batch, extern, interactive"},
                               {"pod", true, "uid of the pod of Kubernetes"},
                               {"container", true, "id of the container"},
                               {"unit", true, "of systemd"},
                               {"uid", false, "real user id"},
                               {"exe", true, "its executable"},
                               {"cgroup", true, "where its cgroup lies"}},
                              traces.records(), [&traces] { return processes_of(traces); }));
}

}  // namespace mirrorscope::query
