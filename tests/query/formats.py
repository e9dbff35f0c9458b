# SPDX-License-Identifier: Apache-2.0
# Do table, CSV and JSON say the same, whatever the values are? formats.py MIRRORSCOPE TRACE...
import csv, io

from asked import *


def cells(sql, *of):
    rows = list(csv.reader(io.StringIO(run("query", "--format", "csv", sql, *of), newline="")))
    return rows[0], rows[1:]


# What CSV and a table print of a value of JSON.
def plain(value):
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


for sql in (
    "SELECT * FROM inv_start LIMIT 300",
    "SELECT trace, reason, count(*) AS n, avg(end - start) / 7.0 AS mean FROM inv_start GROUP BY trace, reason",
    "SELECT * FROM losses",
    "SELECT time, until FROM episodes WHERE until IS NULL LIMIT 10",
    "SELECT 1 AS one, NULL AS gone, 0.5 AS half, 'a,\"b\"' AS text, 'two words' AS words, '' AS empty",
):
    sql = sql.replace("end - start", '"end" - start')
    objects = ask(sql, *traces)
    head, rows = cells(sql, *traces)
    lines = run("query", sql, *traces).splitlines()
    if objects: same(f"names of {sql}", head, list(objects[0]))
    same(f"names in the table of {sql}", lines[0].split(), head)
    same(f"rows of {sql}", (len(rows), len(lines) - 1), (len(objects), len(objects)))
    for row, line, wanted in zip(rows, lines[1:], objects):
        for cell, value in zip(row, wanted.values()):
            if isinstance(value, float) and float(cell) == value: continue
            same(f"a cell of {sql}", cell, plain(value))
        shown = " ".join(plain(v) for v in wanted.values() if plain(v))
        same(f"a line of {sql}", " ".join(line.split()), " ".join(shown.split()))
    # columns of a table stand below each other: words end where the widest of their column ends, numbers too
    same(f"width of {sql}", len({len(line) for line in lines}) == 1 or any(isinstance(v, (str, type(None))) for o in objects for v in o.values()), True)

# what has no object to be named after in JSON, and what a spreadsheet takes for a formula
same("the same name twice", ask("SELECT 1 AS a, 2 AS a", *traces), [{"a": 1, "a_2": 2}])
same("a formula", cells("SELECT '=1+1' AS f", *traces)[1], [["\\x3d1+1"]])
same("no rows", (run("query", "--format", "json", "SELECT 1 WHERE 0", *traces), cells("SELECT 1 AS a WHERE 0", *traces)), ("[]\n", (["a"], [])))
same("control characters", ask("SELECT char(27) || '[2J' || char(10) AS c", *traces), [{"c": "\\x1b[2J\\x0a"}])
same("digits", cells("SELECT 1.0 / 3 AS third", *traces)[1], [[repr(1 / 3)]])
same("a number beyond a double's whole ones", ask("SELECT 9007199254740993 AS n", *traces), [{"n": 9007199254740993}])
finish()
