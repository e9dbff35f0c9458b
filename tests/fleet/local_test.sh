#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `fleet check --local`: the results are those of `check` one by one, a second run does what is missing and no more, and what died is named.
#
# Usage: local_test.sh MIRRORSCOPE MAKE_TRACE
set -euo pipefail
mirrorscope=$1 make_trace=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source "$here/archive.sh"
bad=0
complain() { echo "NOT OK: $1"; bad=1; }
cd "$work"

fleet() { # EXIT_CODE ARGUMENTS...
  local expected=$1 code=0
  shift
  "$mirrorscope" fleet "$@" > out 2> err || code=$?
  [ "$code" = "$expected" ] || { complain "fleet $* exits $code, not $expected"; cat out err; }
}
open() { find "$1/results" -name '*.open'; }
result_of() { # RESULTS TRACE
  local key
  key=$(jq -r --arg path "$work/$2" '.traces[] | select(.path == $path) | .key' "$(ls -t "$1"/plans/*.json | head -1)")
  echo "$1/results/${key:0:2}/$key"
}

make_archive archive 60
mkdir -p archive/host0/no_trace && echo hello > archive/host0/no_trace/file
ln -s . archive/host0/around  # a search that followed it would not end

# one whose metadata is cut cannot be read: everything else has its result
fleet 1 check archive --results all --chunk 200K
grep -q '^mirrorscope fleet check: 60 traces, 60 to check (.*) in [0-9]* tasks$' err || complain "what is planned is said"
same_one_by_one all
[ "$(open all | wc -l)" = 1 ] || complain "one trace cannot be read"

# again: only that one, whose reason may have been a disk
touch mark
fleet 1 check archive --results all
grep -q ' 60 traces, 1 to check ' err || complain "what has a result is not planned again"
[ -z "$(find all/results -name '*.json' -newer mark | xargs -r grep -L '"error"')" ] || complain "what has a result is not checked again"

# one that changed: it and no other, and the other rules' results are others
touch archive/host1/1/cpu_0
fleet 1 check archive --results all
grep -q ' 60 traces, 2 to check ' err || complain "a trace that changed is checked again"
fleet 1 check archive --results all --rules 'SEQ-*'
grep -q ' 60 traces, 60 to check ' err || complain "results with other rules are others"

# a task that is killed in the middle, with its check: what it did stays, and the rest is done by the next run
fleet 1 check archive --results killed --tasks 1 --rules SEQ-01
plan=$(ls killed/plans/*.json)
rm -r killed/results
"$mirrorscope" fleet task "$plan" 0 > task.out 2>&1 &
task=$!
until [ "$(find killed/results -name '*.json' 2> /dev/null | wc -l)" -ge 5 ]; do sleep 0.01; done
kill -9 $task
wait $task 2> /dev/null && complain "the task was killed"
before=$(find killed/results -name '*.json' | sort)
[ "$(wc -l <<< "$before")" -lt 58 ] || complain "the task was killed in the middle"
fleet 3 merge "$plan"
grep -q 'begun by task 0 on .*, and nobody saw it end' err || complain "which check was under way is said"
touch mark
fleet 1 check archive --results killed --rules SEQ-01
[ "$(find killed/results -name '*.json' | wc -l)" = 60 ] || complain "the next run does the rest"
[ -z "$(find $before -newer mark | xargs -r grep -L '"error"')" ] || complain "and leaves alone what was there"

# two at once on the same plan, as when a node that was given up still runs: the same results, and nothing left beside them
rm -r killed/results
"$mirrorscope" fleet task "$plan" 0 > task.out 2>&1 &
"$mirrorscope" fleet task "$plan" 0 > /dev/null || [ $? = 3 ]
wait $! || [ $? = 3 ]
[ "$(find killed/results -name '*.json' | wc -l)" = 60 ] || complain "two tasks at once"
[ -z "$(find killed/results -name '.*.json*')" ] || complain "nothing is left half written"

# one that needs more memory than a check may have: named, and the others are there; with more memory it is done, and nothing else
"$make_trace" archive/host0/large 400000 4 2 100000 > /dev/null
fleet 1 check archive --results memory --memory 100M
grep -q "/archive/host0/large.*not enough memory" err || complain "a check without memory is named, with the reason"
[ -e "$(result_of memory archive/host0/large).open" ] || complain "a check without memory has no result"
fleet 1 check archive --results memory
grep -q ' 61 traces, 2 to check ' err || complain "a check without memory is done again"
[ -e "$(result_of memory archive/host0/large).json" ] || complain "with enough memory it has a result"

# what cannot be done
fleet 2 check archive/host0/no_trace
grep -q "cannot check archive/host0/no_trace: there is no trace in it" err || complain "an archive without traces"
fleet 2 check nowhere
grep -q "cannot look into nowhere: No such file" err || complain "no archive"
fleet 2 check archive --results /proc/nowhere
grep -q "cannot make the directory /proc/nowhere" err || complain "no place for results"
fleet 2 task "$plan" 1
grep -q "there is no task 1: the plan has 1" err || complain "a task that is not there"
fleet 2 task "$plan"
grep -q "cannot tell which task to run: there is no N" err || complain "no task"
fleet 2 task archive/host0/no_trace/file 0
grep -q "is no plan of .mirrorscope fleet check." err || complain "what is no plan"
sed 's/"version":"[^"]*"/"version":"0.0.1"/' "$plan" > old.json
fleet 2 task old.json 0
grep -q "is a plan of mirrorscope 0.0.1 and this is another build" err || complain "a plan of another version"
exit $bad
