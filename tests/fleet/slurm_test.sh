#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `fleet check --slurm` on Debian's Slurm with two nodes: the results are those of `check` one by one, also when a node is lost in the middle, and a task
# that is out of memory is named and can be made up for. The same traces with --local.
#
# Usage: slurm_test.sh MIRRORSCOPE MAKE_TRACE TRACES. Prints the efficiency: seconds of the single checks / (cores x seconds of the fleet), and how long
# Slurm takes for the same jobs with nothing in them: it starts a task a second on each node.
set -euo pipefail
mirrorscope=$1 make_trace=$2 traces=$3
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
source "$here/archive.sh"
source "$here/slurm.sh"
slurm_there || { echo "SKIP: no slurmctld and slurmd, or not root"; exit 77; }
trap 'slurm_down; rm -rf "$work"' EXIT
bad=0
complain() { echo "NOT OK: $1"; bad=1; }
cd "$work"

submit() { # ARGUMENTS...: leaves $array and $merge
  "$mirrorscope" fleet check archive --slurm "$@" > submitted 2> err || { complain "fleet check $* exits $?"; cat err; exit 1; }
  array=$(sed -n 's/^array job \([0-9]*\): .*/\1/p' submitted) merge=$(sed -n 's/^job \([0-9]*\) merges .*/\1/p' submitted)
}
results_in() { find "$1/results" -name '*.json' 2> /dev/null | wc -l; }
runs_on() { grep -q "JobState=RUNNING.* BatchHost=$1" <<< "$(scontrol -o show job "$array")"; }
at_least() { [ "$(results_in "$1")" -ge "$2" ]; }
# Everything that was planned is there, byte for byte what it is in the results "clean".
as_clean() {
  (cd clean/results && find . -name '*.json' | sort) > clean.list
  (cd "$1/results" && find . -name '*.json' | sort) > its.list
  cmp -s clean.list its.list || { complain "$1: $(wc -l < its.list) results, not $(wc -l < clean.list)"; return; }
  while read -r file; do cmp -s "clean/results/$file" "$1/results/$file" || complain "$1: $file is another one"; done < clean.list
}
efficiency() { # NAME SECONDS CORES
  awk -v name="$1" -v single="$single" -v wall="$2" -v cores="$3" -v n="$traces" \
    'BEGIN { printf "%s: %d traces, %.1f s one by one, %.1f s on %d cores: efficiency %.2f\n", name, n, single, wall, cores, single / wall / cores }'
}

make_archive archive "$traces"
unreadable=$((traces / 100 + (traces % 100 > 11)))
slurm_up MaxArraySize=12

# nothing goes wrong
began=$EPOCHREALTIME
submit --results clean --chunk 1M
slurm_wait 600 "the jobs end" job_has_ended "$merge"
took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
[ "$(jq '.tasks | length' clean/plans/*.json)" = 12 ] || complain "as many tasks as MaxArraySize allows"
[ "$(cat clean/log/"${array}"_*.log | grep -c '^task ')" = 12 ] || complain "12 tasks ran"
[ "$(scontrol -o show job "$array" | sed -n 's/.* BatchHost=\([^ ]*\).*/\1/p' | sort -u | paste -sd' ')" = "n1 n2" ] || complain "both nodes had work"
grep -q "^.*$traces traces" clean/report.txt || complain "the report of all of them is there"
[ "$(jq -r .format clean/merged.json)" = mirrorscope-merged-1 ] || complain "and as JSON"
same_one_by_one clean
efficiency "Slurm" "$took" 2
began=$EPOCHREALTIME
array=$(sbatch --parsable --array=0-11 --output=/dev/null --wrap true)
merge=$(sbatch --parsable --dependency=afterany:"$array" --output=/dev/null --wrap true)
slurm_wait 120 "empty jobs end" job_has_ended "$merge"
empty=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
efficiency "Slurm, but for the $empty s that it takes for empty tasks" "$(awk -v t="$took" -v e="$empty" 'BEGIN { print t - e }')" 2

# a node is lost while it works: its task begins again on the other, and does what is missing. Whether the task ends just before is chance, so up to
# three times.
for lost in lost-1 lost-2 lost-3; do
  submit --results $lost --chunk 1M
  slurm_wait 120 "the work is under way" at_least $lost $((traces / 5))
  slurm_wait 60 "n2 has a task" runs_on n2
  node_lost n2
  had=$(results_in $lost)
  slurm_wait 60 "n2 is down" nodes_are 'n1 allocated' 'n2 down'
  slurm_wait 600 "the jobs end without n2" job_has_ended "$merge"
  again=$(grep -c ' Restarts=1 ' <<< "$(scontrol -o show job "$array")" || true)
  as_clean $lost
  cmp -s clean/merged.json $lost/merged.json || diff <(jq -S 'del(.parts[].files)' clean/merged.json) <(jq -S 'del(.parts[].files)' $lost/merged.json) > diff.out || { complain "what is merged is the same"; head -5 diff.out; }
  node_up n2
  slurm_wait 30 "n2 is back" nodes_are 'n1 idle' 'n2 idle'
  [ "$again" = 0 ] || break
done
[ "$had" -lt $((traces - 1)) ] || complain "the node was lost in the middle: $had results were there"
[ "$again" != 0 ] || complain "the task of the lost node began again"

# a trace that takes more memory than its task has: Slurm ends the task, and what it did not come to is missing by name
"$make_trace" archive/host0/large 1200000 4 2 250000 > /dev/null
submit --results memory --chunk 1M --sbatch=--mem=100M --sbatch-merge=--mem=500M
slurm_wait 600 "the jobs end, one of them without memory" job_has_ended "$merge"
grep -qE 'JobState=(OUT_OF_MEMORY|FAILED|CANCELLED)' <<< "$(scontrol -o show job "$array")" || complain "a task was ended: $(job_state "$array")"
left=$(($(jq '.traces | length' memory/plans/*.json) - $(results_in memory)))
# with those that could not be read: they are tried again
again=$(jq -r '.traces[].key' memory/plans/*.json | while read -r key; do
  [ -e "memory/results/${key:0:2}/$key.json" ] && [ ! -e "memory/results/${key:0:2}/$key.open" ] || echo "$key"
done | wc -l)
[ "$again" -ge "$left" ] && [ "$again" -le $((left + unreadable)) ] || complain "$again are to be done again"
[ "$left" -ge 1 ] || complain "a result is missing"
[ "$(jq '[.problems[] | select(.kind == "missing" or .kind == "died")] | length' memory/merged.json)" = "$left" ] || complain "$left results are missing by name"
jq -e '.problems[] | select(.name | endswith("/archive/host0/large"))' memory/merged.json > /dev/null || complain "the trace that took the memory is named"
grep -q '/archive/host0/large: begun by task [0-9]* on ' memory/log/merge-"$merge".log || complain "and who had begun it"
submit --results memory --chunk 1M --sbatch=--mem=500M
[ "$(jq '[.tasks[][]] | length' "$(ls -t memory/plans/*.json | head -1)")" = "$again" ] || complain "the second run does what is missing"
slurm_wait 600 "the jobs end" job_has_ended "$merge"
[ "$(results_in memory)" = $((traces + 1)) ] || complain "with enough memory every result is there"
[ "$(jq '[.problems[] | select(.kind == "missing" or .kind == "died")] | length' memory/merged.json)" = 0 ] || complain "and nothing is missing"
rm -r archive/host0/large
slurm_down
slurm=

# the same on this machine
began=$EPOCHREALTIME
code=0
"$mirrorscope" fleet check archive --local --results local --format json=local.json > out 2> err || code=$?
took=$(awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { print b - a }')
[ $code = 1 ] || complain "--local exits $code"
as_clean local
efficiency "--local" "$took" "$(nproc)"
exit $bad
