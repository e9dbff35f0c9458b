# SPDX-License-Identifier: Apache-2.0
# Is in every table what `check` counts and `dump` prints, of the right type? tables.py MIRRORSCOPE TRACE...
from collections import Counter

from asked import *

HEADERS = ("time", "cpu", "sequence", "tgid", "tid", "mm")


# What a column shows of a record, None: dump does not say it.
def shown(table, column, kind, record):
    names = {name for name, _ in schema()[table]}
    if column.startswith("h_") or column in ("trace", "host") or (column, kind) in (("task", "TEXT"), ("process", "TEXT")) or column not in record: return None
    value = record[column]
    if column == "cpu" and value == 65535 and "h_cpu" not in names: return -1
    if isinstance(value, list): return None
    if kind == "TEXT": return value
    return address(value) if isinstance(value, str) else number(value)


def has_rows(trace):
    wanted = checked(trace)["events"]
    same(f"{trace}: events", dict(values("SELECT event, count(*) FROM events GROUP BY event", trace)), wanted)
    counts = dict(values(" UNION ALL ".join(f"SELECT '{e}', count(*) FROM {e}" for e in sorted(events)), trace))
    same(f"{trace}: a table per event", {e: n for e, n in counts.items() if n}, wanted)


def has_values(trace):
    for event in checked(trace)["events"]:
        columns = [c for c in schema()[event]]
        rows = Counter()
        for row in ask(f"SELECT * FROM {event}", trace):
            for name, kind in columns:
                if row[name] is not None and isinstance(row[name], int) != (kind == "INTEGER"):
                    complain(f"{trace}: {event}.{name}", f"{row[name]!r} is no {kind}")
            rows[tuple(row[name] for name, _ in columns)] += 1
        sample = of(trace, event)
        known = [i for i, (name, kind) in enumerate(columns) if shown(event, name, kind, sample[0]) is not None]
        got = Counter()
        for row, times in rows.items(): got[tuple(row[i] for i in known)] += times
        wanted = Counter(tuple(shown(event, *columns[i], r) for i in known) for r in sample)
        if got != wanted: complain(f"{trace}: {event}", f"{list((got - wanted).items())[:2]} instead of {list((wanted - got).items())[:2]}")
        if not {"time", "cpu", "mm"} <= {columns[i][0] for i in known} | {columns[i][0].removeprefix("h_") for i in range(len(columns))}:
            complain(f"{trace}: {event}", "a column of the header is missing")


def has_spans(trace):
    for table, wanted in [
        ("episodes", episodes(trace)),
        ("registrations", registrations(trace)),
        ("subs", subs(trace)),
        ("cb_enter_calls", calls(trace, "cb_enter", "cb_ret", task("sub"))),
        ("hl_start_calls", calls(trace, "hl_start", "hl_start_ret", task("sub"))),
        ("range_fault_calls", calls(trace, "range_fault", "range_fault_ret", task("hmm_range"))),
        ("pin_calls", calls(trace, "pin", "pin_ret", task("pages"))),
    ]:
        got = Counter(values(f"SELECT time, until, duration FROM {table}", trace))
        same(f"{trace}: {table}", got, Counter((c["time"], c["until"], c["took"]) for c in wanted))
    wanted = Counter((f[0]["time"], len(f), f[-1]["back"]) for f in faults(trace))
    same(f"{trace}: faults", Counter(values("SELECT time, attempts, ret FROM faults", trace)), wanted)


def has_verdicts(trace):
    check = checked(trace)
    same(f"{trace}: rules", sorted(values("SELECT rule, verdict, held, broken, doubtful, unknown FROM rules", trace)),
         sorted((r["id"], r["verdict"], r["held"], r["broken"], r["doubtful"], r["unknown"]) for r in check["rules"]))
    listed = Counter(rule for rule, in values("SELECT rule FROM findings", trace))
    same(f"{trace}: findings", listed, Counter({r["id"]: len(r["findings"]) + len(r["suspects"]) for r in check["rules"] if r["findings"] or r["suspects"]}))
    same(f"{trace}: losses", sorted(values('SELECT cause, count, repaired FROM losses', trace)),
         sorted((l["cause"], l["count"], l["repaired"]) for l in check["losses"]))


def has_processes(trace):
    traced = [r for r in dumped(trace) if r["cpu"] != 65535]
    wanted = {}
    for r in traced:
        p = wanted.setdefault(r["tgid"], [set(), 0, 0, 0, 0])
        p[0].add(r["tid"])
        p[1] += 1
        p[2] += r[EVENT] == "inv_start"
        p[3] += r[EVENT] in ("cb_enter", "hl_start")
        p[4] += r[EVENT] == "range_fault"
    same(f"{trace}: processes", sorted(values("SELECT tgid, tasks, records, invalidations, callbacks, faults FROM processes", trace)),
         sorted((tgid, len(p[0]), *p[1:]) for tgid, p in wanted.items()))
    def said(process):
        facts = [w for w in of(trace, "workload") if w["process"] == process]
        if not facts: return (None, None, None)
        last = facts[-1]
        return (None if last["uid"] == 2**32 - 1 else last["uid"], last["exe"] or None, last["cgroup"] or None)
    same(f"{trace}: whose", sorted(values("SELECT tgid, uid, exe, cgroup FROM processes", trace), key=repr),
         sorted(((tgid, *said(tgid)) for tgid in wanted), key=repr))


# Of the case in asked.cases; the others have no job.
def has_jobs():
    got = set(values("SELECT trace, job, step, unit, pod, container FROM processes WHERE job IS NOT NULL", *traces))
    same("jobs", got, {(t, "4711", "batch", "slurmstepd.scope", None, None) for t in traces if t.rstrip("/").endswith("/spans")})


def of_several():
    each = {t: sum(checked(t)["events"].values()) for t in traces}
    same("all traces at once", dict(values("SELECT trace, count(*) FROM events GROUP BY trace", *traces)), each)
    hosts = dict(values("SELECT trace, host FROM traces", *traces))
    same("trace and host of traces", list(hosts), traces)
    got = set(values("SELECT DISTINCT trace, host FROM events", *traces))
    same("trace and host of records", got, set(hosts.items()))
    for table in schema():
        if schema()[table] and [n for n, _ in schema()[table][:2]] != ["trace", "host"]: complain(table, "does not begin with trace and host")
    wanted = sum(len(r["findings"]) + len(r["suspects"]) for t in traces for r in checked(t)["rules"])
    same("findings of all", values("SELECT count(*) FROM findings", *traces), [(wanted,)])


for trace in traces:
    for question in (has_rows, has_values, has_spans, has_verdicts, has_processes): question(trace)
of_several()
has_jobs()
finish()
