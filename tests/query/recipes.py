# SPDX-License-Identifier: Apache-2.0
# Is the answer of each recipe what follows from `dump` and `check`? recipes.py MIRRORSCOPE TRACE...
#
# A recipe has a function here, which makes all its rows without SQL; beside it: by which columns they are ordered, and how many come.
from collections import Counter, defaultdict

import asked
from asked import *

EXPECTED = {}


def recipe(order, most=None):
    def keep(function):
        EXPECTED[function.__name__.replace("_", "-")] = (function, order, most)
        return function
    return keep


def grouped(rows, *columns):
    groups = defaultdict(list)
    for row in rows: groups[tuple(row[c] for c in columns)].append(row)
    return groups.items()


def symbols(trace):
    named = {s["address"]: s["name"] + (f" [{s['module']}]" if s["module"] else "") for s in of(trace, "symbol") if not s["offset"]}
    return lambda address: named.get(address, address)


@functools.cache
def comms(trace):
    return {r["task"]: r["comm"] for r in of(trace, "task_name")}


def comm(trace, tid):
    return comms(trace).get(tid, "?")


def callbacks(trace):
    name = symbols(trace)
    rows = [dict(c, kind="interval", refused=c["back"] == 0) for c in calls(trace, "cb_enter", "cb_ret", task("sub"))]
    rows += [dict(c, kind="mmu", refused=c["back"] not in (None, 0)) for c in calls(trace, "hl_start", "hl_start_ret", task("sub"))]
    return [dict(c, function=name(c["fn"])) for c in rows]


def size(r):
    return address(r["end"]) - address(r["start"])


# us as SQL has them: an average is not whole, a maximum is
def mean(values, by):
    values = [v for v in values if v is not None]
    return round(sum(values) / len(values) / by, 6) if values else None


def most(values, by=1000):
    values = [v for v in values if v is not None]
    return max(values) // by if values else None


@recipe(["max_us"])
def callbacks_by_function(trace):
    for (function, kind), rows in grouped(callbacks(trace), "function", "kind"):
        took = [r["took"] for r in rows]
        yield {"function": function, "kind": kind, "calls": len(rows), "mean_us": mean(took, 1000), "max_us": most(took)}


@recipe(["total_us"], 50)
def callbacks_by_process(trace):
    for (tgid, function), rows in grouped(callbacks(trace), "tgid", "function"):
        took = [r["took"] for r in rows if r["took"] is not None]
        yield {"trace": trace, "tgid": tgid, "process": comm(trace, tgid), "function": function, "calls": len(rows),
               "total_us": sum(took) // 1000 if took else None, "max_us": most(took)}


@recipe(["-time"], 100)
def endless_episodes(trace):
    for e in episodes(trace):
        if e["until"] is None: yield {"trace": trace, "time": e["time"], "task": comm(trace, e["tid"]), **{c: e[c] for c in ("tgid", "tid", "reason", "mm")}}


@recipe(["max_us"])
def episodes_by_reason(trace):
    for (reason,), rows in grouped([e for e in episodes(trace) if e["until"]], "reason"):
        took = [r["took"] for r in rows]
        yield {"reason": reason, "episodes": len(rows), "mean_us": mean(took, 1000), "max_us": most(took)}


@recipe(["records"])
def events_(trace):
    for event, records in checked(trace)["events"].items(): yield {"event": event, "records": records}


EXPECTED["events"] = EXPECTED.pop("events-")


@recipe(["attempts"])
def fault_results(trace):
    rows = calls(trace, "range_fault", "range_fault_ret", task("hmm_range"))
    names = {0: "0", -16: "-EBUSY", -14: "-EFAULT", -22: "-EINVAL", -11: "-EAGAIN", -1: "-EPERM", -37: "-ENOLCK"}
    for (back,), rows in grouped(rows, "back"):
        took = [r["took"] for r in rows]
        yield {"ret": names.get(back), "attempts": len(rows), "mean_us": mean(took, 1000), "max_us": most(took)}


@recipe(["findings"])
def findings_by_rule(trace):
    for r in checked(trace)["rules"]:
        found = r["findings"] + r["suspects"]
        if found: yield {"trace": trace, "rule": r["id"], "name": r["name"], "level": r["level"], "verdict": r["verdict"], "findings": len(found)}


@recipe(["pages"], 100)
def live_registrations(trace):
    for r in asked.registrations(trace):
        if r["until"] is None:
            yield {"trace": trace, "time": r["time"], "tgid": r["tgid"], "task": comm(trace, r["tid"]), "driver": r["driver"], "ctx": r["ctx"], "pages": size(r) // 4096}


@recipe(["pages"], 100)
def live_subs(trace):
    name = symbols(trace)
    for r in subs(trace):
        if r["until"] is None and r["ret"] == 0:
            yield {"trace": trace, "time": r["time"], "tgid": r["tgid"], "task": comm(trace, r["tid"]), "sub": r["sub"],
                   "callback": name(r["invalidate"]), "pages": (address(r["last"]) - address(r["start"]) + 1) // 4096}


@recipe(["us"], 20)
def longest_episodes(trace):
    for e in episodes(trace):
        if e["until"] is not None:
            yield {"trace": trace, "time": e["time"], "us": e["took"] // 1000, "task": comm(trace, e["tid"]),
                   **{c: e[c] for c in ("tgid", "tid", "reason", "mm")}, "pages": size(e) // 4096}


@recipe(["count"])
def losses(trace):
    for l in checked(trace)["losses"]: yield {"trace": trace, "cause": l["cause"], "count": l["count"], "repaired": l["repaired"]}


@recipe([])
def missing_probes(trace):
    for p in checked(trace)["probes"]:
        if p["how"] in ("absent", "refused", "off", "withheld"): yield {"trace": trace, "event": p["event"], "function": p["function"], "how": p["how"]}


@recipe(["pages"])
def pins(trace):
    for (tgid, call), rows in grouped(of(trace, "pin_ret"), "tgid", "call"):
        yield {"trace": trace, "tgid": tgid, "process": comm(trace, tgid), "call": call, "calls": len(rows),
               "pages": sum(max(r["ret"], 0) for r in rows), "failed": sum(r["ret"] < 0 for r in rows)}


@recipe(["invalidations", "records"], 50)
def processes(trace):
    for (tgid,), rows in grouped([r for r in dumped(trace) if r["cpu"] != 65535], "tgid"):
        count = Counter(r[EVENT] for r in rows)
        yield {"trace": trace, "tgid": tgid, "process": comm(trace, tgid), "tasks": len({r["tid"] for r in rows}), "invalidations": count["inv_start"],
               "callbacks": count["cb_enter"] + count["hl_start"], "faults": count["range_fault"], "records": len(rows)}


@recipe(["invalidations"])
def reasons(trace):
    for (reason,), rows in grouped(of(trace, "inv_start"), "reason"):
        sizes = [size(r) for r in rows if address(r["end"]) < 2**63 - 1]
        yield {"reason": reason, "invalidations": len(rows), "kbytes": sum(sizes) // 1024 if sizes else None}


@recipe(["refused"])
def refused_callbacks(trace):
    for (function, reason), rows in grouped([c for c in callbacks(trace) if c["refused"]], "function", "reason"):
        yield {"function": function, "reason": reason, "refused": len(rows)}


@recipe(["made"])
def registrations(trace):
    for (driver,), rows in grouped(asked.registrations(trace), "driver"):
        yield {"driver": driver, "made": len(rows), "alive": sum(r["until"] is None for r in rows), "mbytes": sum(map(size, rows)) // 1048576,
               "mean_ms": mean([r["took"] for r in rows], 10**6)}


@recipe(["retried", "faults"])
def retries(trace):
    for (tgid,), rows in grouped([{"tgid": f[0]["tgid"], "attempts": f} for f in faults(trace)], "tgid"):
        tries = [r["attempts"] for r in rows]
        yield {"trace": trace, "tgid": tgid, "process": comm(trace, tgid), "faults": len(rows), "attempts": sum(map(len, tries)),
               "retried": sum(any(a["back"] == -16 for a in t) for t in tries), "most_attempts": max(map(len, tries))}


@recipe(["in_vain"])
def revalidations(trace):
    for (driver,), rows in grouped(of(trace, "revalidate"), "driver"):
        yield {"driver": driver, "asked": len(rows), "in_vain": sum(r["ok"] == 0 for r in rows)}


@recipe(["us"], 20)
def slow_callbacks(trace):
    for c in callbacks(trace):
        if c["took"] is not None:
            yield {"trace": trace, "time": c["time"], "us": c["took"] // 1000, "function": c["function"], "task": comm(trace, c["tid"]), "tgid": c["tgid"], "reason": c["reason"]}


@recipe(["invalidations"], 20)
def storms(trace):
    for (tenth, tgid), rows in grouped([dict(r, tenth=r["time"] // 10**8) for r in of(trace, "inv_start")], "tenth", "tgid"):
        yield {"trace": trace, "second": tenth / 10, "tgid": tgid, "process": comm(trace, tgid), "invalidations": len(rows)}


@recipe(["calls"])
def useless_callbacks(trace):
    name = symbols(trace)
    useless = []
    for r in of(trace, "cb_enter"):
        first, last = address(r["sub_start"]), address(r["sub_last"])
        hit = min(address(r["end"]), last + 1) - max(address(r["start"]), first)
        if hit * 100 < last - first + 1: useless.append({"function": name(r["fn"]), "watched": last - first + 1, "hit": hit})
    for (function,), rows in grouped(useless, "function"):
        yield {"function": function, "calls": len(rows), "watched_pages": mean([r["watched"] for r in rows], 4096), "hit_pages": mean([r["hit"] for r in rows], 4096)}


@recipe(["rules"])
def verdicts(trace):
    for (verdict,), rows in grouped(checked(trace)["rules"], "verdict"):
        yield {"trace": trace, "verdict": verdict, "rules": len(rows), "broken": sum(r["broken"] for r in rows)}


# NULL is less than any number.
def sortable(value):
    return (value is not None, str(value) if isinstance(value, str) else "", value if isinstance(value, (int, float)) else 0)


def compare(name, trace, answered):
    function, order, limit = EXPECTED[name]
    wanted = list(function(trace))
    got = json.loads(run("query", "--format", "json", "--recipe", name, trace))
    where = f"--recipe {name} {trace}"
    if not wanted: return same(where, got, [])
    answered.add(name)
    columns = list(wanted[0])
    rows = [{c: round(row[c], 6) if isinstance(row[c], float) else row[c] for c in columns} for row in got]
    same(f"{where}: rows", len(rows), min(len(wanted), limit or len(wanted)))
    extra = Counter(map(str, rows)) - Counter(map(str, wanted))
    if extra: complain(where, f"{list(extra)[:2]} is not among {[str(w) for w in wanted][:3]}")
    for column in order[:1]:
        falls = not column.startswith("-")
        values = sorted((sortable(w[column.lstrip("-")]) for w in wanted), reverse=falls)[:len(rows)]
        same(f"{where}: order", [sortable(r[column.lstrip("-")]) for r in rows], values)


listed = [line.split()[0] for line in run("query", "--recipes").splitlines()]
same("recipes", sorted(listed), sorted(EXPECTED))
answered = set()
for name in listed:
    for trace in traces: compare(name, trace, answered)
# a recipe that finds nothing in any trace was not looked at
if len(traces) > 5: same("recipes that had something to answer", sorted(set(listed) - answered), [])
finish()
