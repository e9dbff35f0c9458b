#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does the explorer find what SPIN finds, and how fast is it against SPIN and Relacy?
#
# Usage: explore.sh BUILD_DIR [ROUNDS] [--large]. CPU time (user and system), one core; the ratio is the last column and the median of one
# ratio per round, in which all programs run one after the other. Exit code 1 if the two find different bugs. Three minutes a round and
# 2 GB; with --large SPIN goes through 6 * 10^7 states besides, which takes 6 GB.
set -euo pipefail
build=$(cd "${1:?build directory}" && pwd)
rounds=${2:-1}
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/mirrorscope-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
scaled="$build/tests/bench/explore_scaled"
for program in spin cc c++; do command -v $program > /dev/null || { echo "explore.sh: $program is not installed" >&2; exit 2; }; done

"$here/spin/agree.sh" "$build/cli/mirrorscope"

# run NAME COMMAND...: adds the CPU seconds to NAME's times; what it printed last is in NAME.out
TIMEFORMAT='%3R %3U %3S'
run() {
  local name=$1
  shift
  { time "$@" > "$work/$name.out" 2> "$work/stderr"; } 2>> "$work/$name.times" || { cat "$work/stderr" >&2; exit 1; }
}
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
# rates NAME COUNT: states or executions per second, a line per round
rates() { awk -v n="$2" '{ print n / ($2 + $3) / 1e6 }' "$work/$1.times"; }
rate() { rates "$1" "$2" | median | awk '{ printf "%.2f M/s", $1 }'; }
seconds() { awk '{ print $2 + $3 }' "$work/$1.times" | median | awk '{ printf "%.1f s", $1 }'; }
faster() { paste <(rates "$1" "$2") <(rates "$3" "$4") | awk '{ print $1 / $2 }' | median | awk '{ printf "%.2fx", $1 }'; }
million() { awk -v n="$1" 'BEGIN { printf "%.2f M", n / 1e6 }'; }
row() { printf '%-58s %10s %10s   %-8s %8s\n' "$@"; }

# pan NAME DEVICES PROCESSES PAGES: the verifier of a scaled scenario
pan() {
  (cd "$work" && spin -a "-DDEVICES=$2" "-DPROCESSES=$3" "-DPAGES=$4" -DDONTNEED "$here/spin/hmm_mirror.pml" > /dev/null &&
    cc -DSAFETY -O2 -w -o "$1" pan.c)
}
spin_states() {
  grep -q 'errors: 0' "$work/$1.out" || { echo "explore.sh: SPIN finds an error in $1, or gave up" >&2; exit 1; }
  awk '/states, stored/ { printf "%d", $1 }' "$work/$1.out"
}
our_states() { cut -d' ' -f1 "$work/$1.out"; }

pan three 3 1 2
[[ ${3:-} != --large ]] || pan large 2 2 2
relacy=
if [ -e /usr/include/relacy/relacy.hpp ]; then
  c++ -std=c++11 -O2 -w -o "$work/operations" "$here/relacy/operations.cpp"
  relacy=yes
fi
for ((i = 0; i < rounds; ++i)); do
  run spin_three "$work/three" -m100000 -w27
  run three "$scaled" protocol 3 1 2
  run three_whole "$scaled" protocol 3 1 2 --no-reduction
  run many "$scaled" protocol 3 2 2
  if [[ ${3:-} = --large ]]; then
    run spin_large "$work/large" -m100000 -w28
    run large "$scaled" protocol 2 2 2
  fi
  for search in random every; do run ours_$search "$scaled" operations $search 3000000; done
  [ -z $relacy ] || for search in random full; do run relacy_$search "$work/operations" $search 1000000; done
  run all "$build/cli/mirrorscope" explore --all --jobs 2
done

echo
echo "load $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) CPUs, rounds: $rounds"
row "" ours other bar ratio
spins=$(spin_states spin_three) ours=$(our_states three) whole=$(our_states three_whole) many=$(our_states many)
row "states/s, 3 devices, 1 process, 2 pages, all / SPIN" "$(rate three_whole "$whole")" "$(rate spin_three "$spins")" ">= 1x" \
  "$(faster three_whole "$whole" spin_three "$spins")"
row "states/s, 3, 2, 2, reduced / SPIN at 3, 1, 2" "$(rate many "$many")" "$(rate spin_three "$spins")" ">= 1x" "$(faster many "$many" spin_three "$spins")"
row "states of 3, 1, 2, SPIN / reduced" "$(million "$ours")" "$(million "$spins")" ">= 10x" "$(awk -v a="$spins" -v b="$ours" 'BEGIN { printf "%.0fx", a / b }')"
row "time to exhaust 3, 1, 2, SPIN / reduced" "$(seconds three)" "$(seconds spin_three)" "-" "$(faster three 1 spin_three 1)"
if [[ ${3:-} = --large ]]; then
  spins=$(spin_states spin_large) ours=$(our_states large)
  row "states of 2, 2, 2, SPIN / reduced" "$(million "$ours")" "$(million "$spins")" ">= 10x" "$(awk -v a="$spins" -v b="$ours" 'BEGIN { printf "%.0fx", a / b }')"
  row "time to exhaust 2, 2, 2, SPIN / reduced" "$(seconds large)" "$(seconds spin_large)" "-" "$(faster large 1 spin_large 1)"
fi
if [ -n "$relacy" ]; then
  row "executions/s, two threads, ten operations, random / Relacy" "$(rate ours_random 3000000)" "$(rate relacy_random 1000000)" ">= 1x" \
    "$(faster ours_random 3000000 relacy_random 1000000)"
  row "executions/s, the same, every / Relacy's full search" "$(rate ours_every 3000000)" "$(rate relacy_full 1000000)" ">= 1x" \
    "$(faster ours_every 3000000 relacy_full 1000000)"
else
  row "executions/s, two threads, ten operations, random" "$(rate ours_random 3000000)" "no Relacy" ">= 1x" -
  row "executions/s, the same, every" "$(rate ours_every 3000000)" "no Relacy" ">= 1x" -
fi
row "all profiles and mutants, two cores, wall time" "$(awk '{ print $1 }' "$work/all.times" | median) s" - "<= 60 s" -
