# SPDX-License-Identifier: Apache-2.0
# Is the file of `export --format sqlite` what `query` answers, table by table, and the recipes too? saved.py MIRRORSCOPE TRACE...
import os, sqlite3, tempfile

from asked import *

folder = tempfile.TemporaryDirectory()
page = run("query", "--markdown")
recipes = dict(re.findall(r"^### ([a-z-]+)\n\n[^\n]*\n\n```sql\n(.*?)```", page[page.index("## Recipes"):], re.M | re.S))


def refused(sentence, *arguments):
    done = subprocess.run([mirrorscope, "export", "--format", "sqlite", *arguments], capture_output=True, text=True)
    if done.returncode != 2 or sentence not in done.stderr: complain(arguments, f"exit {done.returncode}: {done.stderr}")


def compare(trace):
    path = os.path.join(folder.name, "run.db")
    run("export", "--format", "sqlite", "-o", path, trace)
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    names = {name for name, in db.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")}
    same(f"{trace}: tables", names, set(schema()))
    filled = set(checked(trace)["events"]) | {n for n in names if n not in events}
    for name in sorted(names):
        columns = ", ".join(f'"{column}"' for column, _ in schema()[name]) or "*"
        got = sorted(map(str, db.execute(f"SELECT {columns} FROM {name}")))
        wanted = sorted(map(str, values(f"SELECT {columns} FROM {name}", trace))) if name in filled else []
        if got != wanted: complain(f"{trace}: {name}", f"{len(got)} rows {got[:1]}, query has {len(wanted)} {wanted[:1]}")
    for name in ("reasons", "storms", "callbacks-by-function", "retries"):
        same(f"{trace}: {name}", list(db.execute(recipes[name])), [tuple(r.values()) for r in json.loads(run("query", "--format", "json", "--recipe", name, trace))])
    db.close()


for trace in [t for t in traces if len(dumped(t)) < 2000][-3:]: compare(trace)
if len(recipes) < 20: complain("docs", f"{len(recipes)} recipes in its page")
refused("name one with -o", traces[0])
refused("cannot write /dev/full: it is no file", "-o", "/dev/full", traces[0])
refused("cannot write /nowhere/run.db", "-o", "/nowhere/run.db", traces[0])
same("what is left beside the file", os.listdir(folder.name), ["run.db"])
finish()
