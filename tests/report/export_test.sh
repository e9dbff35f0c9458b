#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does every export hold every record, read back by the reader it is made for?
source "$(dirname "$0")/words.sh"
trace driver_bug application_mistake doubt
proto=$here/../../report/export/track_event.proto

for name in driver_bug application_mistake doubt; do
  "$mirrorscope" dump --json "$name" > dump.json
  for format in chrome perfetto ctf-text csv notifiers; do
    exits 0 "$mirrorscope" export --format "$format" -o "$name.$format" "$name"
    [ ! -s out ] || complain "$format writes to standard output besides its file"
  done

  # ctf-text is what babeltrace2 prints; where times are equal the order is its own
  diff -u <(babeltrace2 --no-delta --clock-cycles "$name" 2> /dev/null | sort) <(sort "$name.ctf-text") > diff ||
    { complain "ctf-text of $name is not what babeltrace2 prints"; head -20 diff; }

  python3 - "$name" "$proto" << 'PYTHON' || complain "$name"
import csv, json, re, subprocess, sys
name, proto = sys.argv[1:]
records = [json.loads(line) for line in open("dump.json")]
records = [r for r in records if r["cpu"] != 65535 or r["event"] == "lost"]

# csv: a row per record, in order
rows = list(csv.DictReader(open(f"{name}.csv", newline="")))
traced = [r for r in records if r["cpu"] != 65535]
assert [(r["event"], r["tid"], r["time"]) for r in traced] == \
    [(r["event"], int(r["tid"]), int(r["time"].replace(".", ""))) for r in rows], "csv: records"
assert [r.get("reason", "") for r in traced] == [r["reason"] for r in rows], "csv: reasons"

# chrome: every record is the args of one event; calls nest
events = json.load(open(f"{name}.chrome"))["traceEvents"]
timed = [e for e in events if e["ph"] != "M"]
assert [e["args"] for e in timed if "sequence" in e["args"]] == records, "chrome: records"
stacks = {}
for e in timed:
    stack = stacks.setdefault(e["tid"], [])
    if e["ph"] == "B": stack.append(e["name"])
    if e["ph"] == "E": assert stack.pop() == e["name"], "chrome: nesting"
assert not any(stacks.values()), "chrome: open calls"
cut = [e for e in timed if e["ph"] == "E" and "sequence" not in e["args"]]

# perfetto: decoded by protoc, the same events in the same order
text = subprocess.run(["protoc", "--decode=perfetto.protos.Trace", f"--proto_path={proto[:proto.rindex('/')]}", proto],
                      stdin=open(f"{name}.perfetto", "rb"), capture_output=True, check=True, text=True).stdout
packets = [p for p in re.split(r"^packet \{$", text, flags=re.M) if p.strip()]
phase = {"TYPE_SLICE_BEGIN": "B", "TYPE_SLICE_END": "E", "TYPE_INSTANT": "i"}
decoded = []
for p in packets:
    m = re.search(r"^    type: (\w+)$", p, re.M)
    if not m: continue
    label = re.search(r'^    name: "(.*)"$', p, re.M)
    decoded.append((phase[m[1]], int(re.search(r"^  timestamp: (\d+)$", p, re.M)[1]),
                    int(re.search(r"^    track_uuid: (\d+)$", p, re.M)[1]) & 0xffffffff, label[1] if label else None))
wanted = [(e["ph"], round(e["ts"] * 1000), e["tid"], None if e["ph"] == "E" else e["name"]) for e in timed]
assert decoded == wanted, f"perfetto: events {[(a, b) for a, b in zip(decoded, wanted) if a != b][:3]}"
threads = set(re.findall(r'tid: (\d+)\n +thread_name: "(.*)"', text))
assert threads == {(str(e["tid"]), e["args"]["name"]) for e in events if e["name"] == "thread_name"}, "perfetto: threads"
# notifiers: what its rows add up to is in the trace
rows = list(csv.DictReader(open(f"{name}.notifiers", newline="")))
total = lambda column: sum(int(r[column]) for r in rows)
count = lambda event, ok=lambda r: True: sum(r["event"] == event and ok(r) for r in traced)
assert total("callbacks") == count("cb_enter"), "notifiers: callbacks"
assert total("inserted") == count("sub_insert_ret", lambda r: r["ret"] == 0), "notifiers: insertions"
assert total("read_begins") <= count("read_begin_ret") and total("lookups") <= count("range_fault_ret"), "notifiers: readers"
print(name, len(records), "records,", len(cut), "calls without a return")
PYTHON
done > said
cat said
[ "$(cat said)" = "driver_bug 17 records, 0 calls without a return
application_mistake 7 records, 0 calls without a return
doubt 6 records, 1 calls without a return" ] || complain "the number of records"

exits 2 "$mirrorscope" export --format svg driver_bug
exits 2 "$mirrorscope" export --format csv -o no/such/folder/file driver_bug
exit $bad
