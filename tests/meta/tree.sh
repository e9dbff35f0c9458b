#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is the house in order: licences, first lines, lengths, no drawers, no way around the layers?
set -euo pipefail
cd "$(dirname "$0")/../.."
bad=0
complain() { echo "$1"; bad=1; }

mapfile -t files < <(git ls-files '*.cpp' '*.h' '*.c' '*.sh' '*.cmake' '*.def' '*CMakeLists.txt')
for f in "${files[@]}"; do
  grep -q 'SPDX-License-Identifier' <<< "$(head -3 "$f")" || complain "$f: no SPDX line"
  lines=$(wc -l < "$f")
  [ "$lines" -le 500 ] || complain "$f: $lines lines, split it"
done
while read -r f; do complain "$f: a drawer, not a room"; done \
  < <(git ls-files | grep -E '(^|/)(utils?|common|helpers?|misc|base)(/|\.)' || true)
# In a folder of many files nobody finds the one. Where each file is a row of one table - a rule, its cases, a driver's hook, a test in a guest -
# the table is the index.
while read -r count folder; do complain "$folder: $count files lie flat in it"; done \
  < <(git ls-files | sed -n 's#/[^/]*$##p' | sort | uniq -c | awk '$1 > 25' | grep -vE ' (analyzer/rules|tests/rules|bpf/drivers|tests/e2e)$' || true)
while read -r f; do complain "$f reaches around its layer"; done \
  < <(git ls-files '*.cpp' '*.h' | xargs grep -ln '#include "\.\./' || true)
while read -r f; do complain "$f: GPL-2.0 is expected below bpf/"; done \
  < <(git ls-files 'bpf/*.bpf.c' 'bpf/*.bpf.h' | xargs grep -L 'SPDX-License-Identifier: GPL-2.0' || true)
# Who writes into the pipe dies of SIGPIPE when grep -q has seen enough, and pipefail makes a "no" of that "yes", now and then.
while read -r place; do complain "$place: a pipe into grep -q; write grep -q ... <<< \"\$(...)\""; done \
  < <(git ls-files '*.sh' .ci/run | xargs grep -nE '\| *grep -[a-zA-Z]*q' | grep -vE '\|\| *grep|xargs grep' || true)
for f in bpf/ucache/*.bpf.c; do
  [ "$(grep -cE '^SEC\("u(ret)?probe/' "$f")" = "$(grep -c 'own_stack(ctx);' "$f")" ] ||
    complain "$f: a uprobe's program does not keep its stack (bpf/ucache/ucache.bpf.h, own_stack())"
done
# A driver is excused by what it promises, a hook by what its rows are like: both are columns of the table in analyzer/discipline.cpp.
while read -r place; do complain "$place: a rule that knows a driver by name"; done \
  < <(git ls-files 'analyzer/rules/*.cpp' | xargs grep -nE 'MS_driver_|driver_name|->name *==|\.name *==' || true)
# What an event is like is a column of schema/events.def, not a range of numbers.
while read -r place; do complain "$place: compares the number of an event; ask its row (schema/catalog.h)"; done \
  < <(git ls-files '*.cpp' '*.h' | xargs grep -nE 'EV_[a-z_]+ *[<>]=? |[<>]=? *EV_[a-z]|[.>]id *[<>]=? *[0-9]|\bevent *[<>]=? *[0-9]' | grep -vE '^schema/|EV_LIMIT' || true)
# An error behind which there is an errno says "cannot ...: ...", or who refuses or lacks what.
while read -r place; do complain "$place: begin with \"cannot\", \"the kernel refuses\" or \"this kernel has no\""; done \
  < <(git ls-files '*.cpp' '*.h' | grep -v '^tests/' | xargs grep -nE 'fail\((errno|e|error|code|-[a-z]+|E[A-Z]+), "' | grep -vE '"(cannot|the kernel refuses|this kernel has no) ' || true)
exit $bad
