# SPDX-License-Identifier: Apache-2.0
# Does a condition that the tables make use of give the rows that SQLite finds by itself? filters.py MIRRORSCOPE TRACE...
#
# CAST(time AS INTEGER) is the same value of the same type, but no column: SQLite reads everything and compares. So each condition
# is asked twice.
import random

from asked import *

random.seed(20)
COLUMNS = {"time": "INTEGER", "cpu": "INTEGER", "tid": "INTEGER", "tgid": "INTEGER", "mm": "TEXT", "event": "TEXT", "trace": "TEXT"}


def hidden(condition):
    compared = rf"\b({'|'.join(COLUMNS)})\b(?= *(?:[<>=]|IN|BETWEEN|IS))"
    return re.sub(compared, lambda m: f"CAST({m[1]} AS {COLUMNS[m[1]]})", condition)


def plan(sql):
    return " ".join(str(row["detail"]) for row in ask("EXPLAIN QUERY PLAN " + sql, *traces))


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


# A condition on one column, with values that are in the traces, near to them, or nowhere.
def condition(table, records):
    r, s = random.choice(records), random.choice(records)
    near = r["time"] + random.choice((-1, 0, 1, 10**6))
    low, high = sorted((r["time"], s["time"]))
    kinds = [
        f"time {random.choice(('<', '<=', '>', '>=', '='))} {near}",
        f"time BETWEEN {low} AND {high}",
        f"time > {near}.5",
        f"time < '{near}'",
        f"time >= 'never'",
        f"cpu = {random.choice((-1, 0, 1, 65535))}",
        f"cpu IN (0, {r['cpu']})",
        f"tid = {r['tid']}",
        f"tid = '{r['tid']}'",
        f"tgid = {r['tgid']}",
        f"tgid IN ({r['tgid']}, {s['tgid']})",
        f"mm = '{r['mm']}'",
        f"mm = '{r['mm'].upper()}'",
        f"mm IN ('{r['mm']}', '{s['mm']}')",
        f"trace = {quoted(random.choice(traces))}",
        f"trace IN ({quoted(traces[0])}, {quoted(traces[-1])})",
    ]
    if table == "events":
        kinds += [
            f"event = '{r[EVENT]}'",
            f"event = '{r[EVENT].upper()}'",
            f"event = '{r[EVENT].upper()}' COLLATE NOCASE",
            f"event IN ('{r[EVENT]}', '{s[EVENT]}', 'no such', 7)",
            f"event IN (SELECT '{s[EVENT]}' UNION SELECT NULL)",
            f"event IS '{r[EVENT]}'",
        ] * 3
    return random.choice(kinds)


everything = [r for t in traces for r in dumped(t)]
tables = {"events": everything}
for table, event in [("inv_start", "inv_start"), ("episodes", "inv_start"), ("cb_enter_calls", "cb_enter"), ("range_fault", "range_fault")]:
    tables[table] = [r for r in everything if r[EVENT] == event]
tables = {table: records for table, records in tables.items() if records}

some, asked = 0, 60
for _ in range(asked):
    table = random.choice(list(tables))
    where = condition(table, tables[table])
    for _ in range(random.randrange(3)): where = f"({where} {random.choice(('AND', 'AND', 'OR'))} {condition(table, tables[table])})"
    sql = f"SELECT count(*), sum(time), sum(tid), min(cpu), count(DISTINCT mm) FROM {table} WHERE "
    got, wanted = values(sql + where, *traces), values(sql + hidden(where), *traces)
    same(f"{table} WHERE {where}", got, wanted)
    some += 0 < wanted[0][0] < len(tables[table])
if some < asked / 4: complain("conditions", f"only {some} of them leave out some rows and not all")

# SQLite makes a list of this, and does not say that capitals make no difference to its first name
capitals = "event = 'INV_START' COLLATE NOCASE OR event = 'inv_end '"
same(capitals, values(f"SELECT count(*) FROM events WHERE {capitals}", *traces), [(sum(r[EVENT] == "inv_start" for r in everything),)])

# each of these is made use of, and only then
for where in ("time > 5", "cpu = 0", "tid = 1", "tgid = 1", "mm = '0x0'", "event = 'inv_start'", "event IN ('inv_start', 'inv_end')", "trace = 'x'"):
    used, unused = (re.search(r"VIRTUAL TABLE INDEX 0:(\S*)", plan("SELECT * FROM events WHERE " + w)) for w in (where, hidden(where)))
    if not used or not used[1] or unused and unused[1]: complain(where, f"plans {used and used[1]!r} and {unused and unused[1]!r}")

# the order of time can be had without sorting from one trace, and from several it cannot
one = [max(traces, key=lambda t: len(dumped(t)))]
times = [time for time, in values("SELECT time FROM events ORDER BY time", *one)]
same("ORDER BY time", times, sorted(r["time"] for r in dumped(one[0])))
for of_which, sorts in ((one, False), (traces, len(traces) > 1)):
    steps = json.dumps(ask("EXPLAIN QUERY PLAN SELECT * FROM events ORDER BY time", *of_which))
    if ("TEMP B-TREE" in steps) != sorts: complain("ORDER BY time", f"of {len(of_which)} traces: {steps}")
finish()
