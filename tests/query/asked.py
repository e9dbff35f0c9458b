# SPDX-License-Identifier: Apache-2.0
# How the tests here ask: SQL, and what `dump` and `check` say about the same traces. Arguments of each test: MIRRORSCOPE TRACE...
import functools, json, re, subprocess, sys

mirrorscope, *traces = sys.argv[1:]
traces = [t.rstrip("/") for t in traces]
failures = []


def complain(where, what):
    failures.append(where)
    print(f"FAILED: {where}: {what}", flush=True)


def same(where, got, wanted):
    if got != wanted: complain(where, f"query says {str(got)[:600]}, expected {str(wanted)[:600]}")


def finish():
    sys.exit(f"{len(failures)} failed" if failures else 0)


def run(*arguments, codes=(0,)):
    done = subprocess.run([mirrorscope, *arguments], capture_output=True, text=True)
    if done.returncode not in codes: complain(arguments, f"exit {done.returncode}: {done.stderr}")
    return done.stdout


def ask(sql, *of):
    out = run("query", "--format", "json", sql, *of)
    return json.loads(out) if out else []


def values(sql, *of):
    return [tuple(row.values()) for row in ask(sql, *of)]


@functools.cache
def checked(trace):
    return json.loads(run("check", "--all", "--format", "json", trace, codes=(0, 1, 3)))


# The columns of a table as --schema has them, but for the hidden ones: [(name, "TEXT" or "INTEGER")].
@functools.cache
def schema():
    tables, last = {}, None
    for line in run("query", "--schema", "all").splitlines():
        column = re.match(r"  (\S+) +(TEXT|INTEGER) ", line)
        if column and not line.endswith("(not in *)"): tables[last].append(column.groups())
        named = re.match(r"(\w+): ", line)
        if named: tables.setdefault(last := named[1], [])
    return tables


events = {name for name in (line.split(" ")[0] for line in run("events").splitlines() if line) if name in schema()}


# The records of a trace in their order, with the columns' names.
@functools.cache
def dumped(trace):
    records = [json.loads(line) for line in run("dump", "--json", trace).splitlines()]
    for record in records:
        record[EVENT] = record.pop("event")
        if "of_event" in record: record["event_name"] = record.pop("of_event")
    return records


EVENT = "its event"  # as a key no field has


def of(trace, *names):
    return [r for r in dumped(trace) if r[EVENT] in names]


# A number as it stands in an INTEGER column.
def number(value):
    value = int(value, 16) if isinstance(value, str) else value
    return value - 2**64 if value >= 2**63 else value


# A user address: INT64_MAX is the end.
def address(value):
    return min(int(value, 16), 2**63 - 1)


MOST = 64  # beginnings of one key that wait for their end (query/tables/span_tables.cpp)


# What a table of calls or episodes has, found without SQL: copies of the records that begin one, with "until", "took" and "back", the
# end's ret; None where there is no end. Beginnings wait under their key, an end takes the youngest one.
def calls(trace, first, last, key):
    waiting, found = {}, []
    for r in of(trace, first, last):
        queue = waiting.setdefault(key(r), [])
        if r[EVENT] == first:
            if len(queue) == MOST: queue.pop(0)
            queue.append({**r, "until": None, "took": None, "back": None})
            found.append(queue[-1])
        elif queue:
            call = queue.pop()
            call.update(until=r["time"], took=r["time"] - call["time"], back=r.get("ret"))
    return found


def task(field):
    return lambda r: (r["tgid"], r["tid"], r[field])


def space(field):
    return lambda r: (r["mm"], r[field])


def episodes(trace):
    return calls(trace, "inv_start", "inv_end", task("range"))


def registrations(trace):
    return calls(trace, "reg", "dereg", space("ctx"))


def subs(trace):
    return calls(trace, "sub_insert_ret", "sub_remove", space("sub"))


# Attempts of a task at one range: lists of calls, each up to the first one that does not return -EBUSY.
def faults(trace):
    found, last = [], {}
    for call in calls(trace, "range_fault", "range_fault_ret", task("hmm_range")):
        where = tuple(call[c] for c in ("tgid", "tid", "sub", "start", "end"))
        if where not in last or last[where][-1]["back"] != -16:
            last[where] = []
            found.append(last[where])
        last[where].append(call)
    return found
