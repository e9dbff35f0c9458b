# SPDX-License-Identifier: Apache-2.0
# Do the rules in SQL say what the rules in C++ say? compare.py MIRRORSCOPE TRACE..., or with --cases CASE_TRACE FOLDER instead of traces.
#
# rules/RULE.sql was written from docs/rules.md and the kernel, without a look at the C++. Its first line names the events without which it
# can say nothing; each row is an occasion, its time, and whether it was wrong. Where records are missing the SQL knows nothing of what that
# makes doubtful: then it is only asked that what C++ calls broken is broken in SQL too.
import glob, json, os, re, subprocess, sys, tempfile

here = os.path.dirname(os.path.abspath(__file__))
mirrorscope, *rest = sys.argv[1:]
rules = {os.path.basename(p)[:-4]: open(p).read() for p in sorted(glob.glob(f"{here}/rules/*.sql"))}
bad, compared = [], {}


def run(*arguments, codes=(0,)):
    done = subprocess.run([mirrorscope, *arguments], capture_output=True, text=True)
    assert done.returncode in codes, (arguments, done.returncode, done.stderr)
    return done.stdout


def sql_says(rule, trace):
    needs, sql = rules[rule].split("\n", 1)
    rows = json.loads(run("query", "--format", "json", sql, trace))
    broken = sorted(row["time"] for row in rows if row["broken"])
    return ("violated" if broken else "holds" if rows else "never_exercised"), broken


def compare(rule, trace, name):
    check = json.loads(run("check", "--all", "--format", "json", "--rules", rule, trace, codes=(0, 1, 3)))
    (theirs,) = check["rules"]
    if theirs["verdict"] == "not_observable": return
    verdict, broken = sql_says(rule, trace)
    found = sorted(f["time"] for f in theirs["findings"])
    missing = check["losses"] or theirs["verdict"] == "inconclusive"
    compared.setdefault(rule, []).append(theirs["verdict"])
    if missing:
        if theirs["broken"] and not broken: bad.append((rule, name, "broken in C++ only, beside a loss"))
    elif (theirs["verdict"], theirs["broken"]) != (verdict, len(broken)):
        bad.append((rule, name, f"C++ {theirs['verdict']} {theirs['broken']} (held {theirs['held']}) {found[:3]}, SQL {verdict} {len(broken)} {broken[:3]}"))


if rest[0] == "--cases":
    case_trace, folder = rest[1:]
    for rule in rules:
        (file,) = glob.glob(f"{folder}/{rule.lower().replace('-', '_')}_*.cases")
        for case in re.findall(r"^case (\w+)", open(file).read(), re.M):
            with tempfile.TemporaryDirectory() as there:
                subprocess.run([case_trace, file, case, f"{there}/trace"], check=True)
                compare(rule, f"{there}/trace", f"{os.path.basename(file)} {case}")
else:
    for trace in rest:
        for rule in rules: compare(rule, trace, trace)
for rule in sorted(compared): print(rule, {v: compared[rule].count(v) for v in set(compared[rule])})
for one in bad: print("FAILED:", *one)
sys.exit(bool(bad))
