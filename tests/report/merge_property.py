#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Is a merge of parts what one pass says, in whatever order and grouping?

Usage: merge_property.py MIRRORSCOPE CASE_TRACE MAKE_TRACE CASES COUNT SEED, in a directory that it may fill.
"""
import glob
import json
import os
import random
import subprocess
import sys
from collections import Counter, defaultdict

mirrorscope, case_trace, make_trace, cases, count, seed = sys.argv[1:7]
count, rng = int(count), random.Random(int(seed))
failures = []


def complain(sentence):
    failures.append(sentence)
    print("FAILED:", sentence)


def run(*command, code=None):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if code is not None and done.returncode != code:
        complain(f"{' '.join(command)[:300]}: exit {done.returncode}, expected {code}: {done.stderr[:500]}")
    return done


def make_traces():
    """Cases of all rules, explored executions, long traces, some with a stream that is cut."""
    named = [(f, line.split()[1]) for f in sorted(glob.glob(cases + "/*.cases")) for line in open(f) if line.startswith("case ")]
    rng.shuffle(named)
    traces = []
    for mutant in ("skip_read_retry", None):
        for profile in ("hmm_mirror", "odp_explicit"):
            name = f"explored_{profile}_{mutant}"
            command = [mirrorscope, "explore", profile, "--write-trace", name] + (["--mutant", mutant] if mutant else [])
            if run(*command).returncode in (0, 1) and os.path.isdir(name):
                traces.append(name)
    for i in range(12):
        name = f"made_{i:02}"
        run(make_trace, name, str(rng.randrange(500, 8000)), str(rng.randrange(1, 5)), str(rng.randrange(1, 5)), code=0)
        if i % 3 == 0:
            stream = name + "/cpu_0"
            os.truncate(stream, os.path.getsize(stream) // 3)
        traces.append(name)
    while len(traces) < count:
        file, case = named.pop()
        name = f"case_{len(traces):03}"
        if run(case_trace, file, case, name).returncode == 0:
            traces.append(name)
    return traces


def objects(text):
    decoder, at, out = json.JSONDecoder(), 0, []
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        one, at = decoder.raw_decode(text, at)
        out.append(one)
    return out


def merge(files, into):
    run(mirrorscope, "merge", "--format", "json", "-o", into, *files)
    return into


def grouped(files, depth):
    """The name of a file in which all of `files` are merged, by some way."""
    files = list(files)
    rng.shuffle(files)
    if depth and len(files) > 2:
        cuts = sorted(rng.sample(range(1, len(files)), rng.randrange(1, min(6, len(files)))))
        parts = [files[a:b] for a, b in zip([0] + cuts, cuts + [len(files)])]
        files = [grouped(p, depth - 1) if rng.random() < 0.8 else p for p in parts]
        files = [f for p in files for f in (p if isinstance(p, list) else [p])]
    grouped.number += 1
    return merge(files, f"merged_{grouped.number}.out")


grouped.number = 0


def without_files(merged):
    for part in merged["parts"]:
        del part["files"]
    return merged


def sums_of(checked):
    """What the objects of check say together, added up here."""
    sums = {"records": 0, "lost": 0, "events": Counter(), "rules": defaultdict(Counter), "keys": Counter(), "latencies": defaultdict(Counter)}
    for one in checked:
        sums["records"] += one["records"]
        sums["lost"] += one["lost"]
        sums["events"].update(one["events"])
        for rule in one["rules"]:
            sums["rules"][rule["id"]].update({k: rule[k] for k in ("held", "unknown", "broken", "doubtful")})
            sums["rules"][rule["id"]].update({rule["verdict"]: 1})
            for f in rule["findings"]:
                sums["keys"][f["key"]] += f["count"]
        for row in one.get("latencies", []):
            into = sums["latencies"][row["event"], row["function"], row["reason"]]
            into.update({"count": row["count"], "total": row["total"]})
            into.update({b[0]: b[2] for b in row["buckets"]})
    return sums


def sums_in(merged):
    sums = {"records": merged["records"], "lost": merged["lost"], "events": Counter(merged["events"]), "rules": {}, "keys": Counter(), "latencies": {}}
    for rule in merged["rules"]:
        sums["rules"][rule["id"]] = Counter({k: rule[k] for k in ("held", "unknown", "broken", "doubtful")}) + Counter(rule["traces"])
        for f in rule["findings"]:
            sums["keys"][f["key"]] += f["count"]
        seen = [v for v in ("violated", "inconclusive", "holds", "never_exercised", "not_observable") if rule["traces"].get(v)]
        if rule["verdict"] != seen[0]:
            complain(f"{rule['id']} is {rule['verdict']}, and its traces {rule['traces']}")
    for row in merged["latencies"]:
        sums["latencies"][row["event"], row["function"], row["reason"]] = Counter(
            {"count": row["count"], "total": row["total"], **{b[0]: b[2] for b in row["buckets"]}})
    return sums


def plain(value):
    """Without what is 0, keys as text: equal sums are equal."""
    if not isinstance(value, dict):
        return value
    return {str(k): plain(v) for k, v in value.items() if v != 0}


traces = make_traces()
files, codes = [], set()
for t in traces:
    done = run(mirrorscope, "check", "--strict", "smell", "--format", "json", "-o", t + ".json", t)
    codes.add(done.returncode)
    files.append(t + ".json")
if not {0, 1, 3} <= codes:
    complain(f"the traces are too much alike: exit codes {codes}")

whole = run(mirrorscope, "check", "--strict", "smell", "--format", "json", *traces)
open("whole.out", "w").write(whole.stdout)
for strict in ("hard", "hazard", "smell"):
    for require in ([], ["--require", "SEQ-*"]):
        as_check = run(mirrorscope, "check", "--strict", strict, *require, *traces[:40]).returncode
        run(mirrorscope, "merge", "--strict", strict, *require, *files[:40], code=as_check)

reference = open(merge(sorted(files), "reference.out"), "rb").read()
for round_number in range(12):
    name = grouped(files, rng.randrange(1, 4))
    if open(name, "rb").read() != reference:
        complain(f"round {round_number}: {name} is not what one merge of all files says")
        break
run(mirrorscope, "merge", "--format", "json", "-o", "again.out", "reference.out")
if open("again.out", "rb").read() != reference:
    complain("a merged result, merged, is another one")

merged = json.loads(reference)
if without_files(json.loads(reference)) != without_files(json.load(open(merge(["whole.out"], "one_pass.out")))):
    complain("the merge of parts is not the merge of one check of all")
checked = objects(whole.stdout)
if len(checked) != len(traces):
    complain(f"{len(checked)} objects of {len(traces)} traces")
a, b = plain(sums_of(checked)), plain(sums_in(merged))
if a != b:
    for part in a:
        if a[part] != b[part]:
            complain(f"{part}: one pass has\n{str(a[part])[:1500]}\nthe merge\n{str(b[part])[:1500]}")
if not merged["rules"] or not any(r["findings"] for r in merged["rules"]) or merged["lost"] == 0:
    complain("nothing was there to add up")
if merged["problems"]:
    complain(f"there are problems: {merged['problems'][:3]}")
print(f"{len(traces)} traces, {grouped.number} merges, {sum(len(r['findings']) for r in merged['rules'])} findings")
sys.exit(bool(failures))
