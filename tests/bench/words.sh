# SPDX-License-Identifier: Apache-2.0
# The words of benchmarks that compare programs round by round. Who sources it has set build, work and records.

# run NAME COMMAND...: adds a line "wall user system" to NAME's times
TIMEFORMAT='%3R %3U %3S'
run() {
  local name=$1
  shift
  { time "$@" > /dev/null 2> "$work/stderr"; } 2>> "$work/$name.times" || { cat "$work/stderr" >&2; exit 1; }
}
median() { sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
cpu() { awk '{ print $2 + $3 }' "$work/$1.times"; }
wall() { awk '{ print $1 }' "$work/$1.times"; }
# ratio A B: median over the rounds of A / B, two lists of seconds
ratio() { paste "$1" "$2" | awk '{ print $1 / $2 }' | median | awk '{ printf "%.2fx", $1 }'; }
rate() { awk -v n="$records" -v s="$(median < "$1")" 'BEGIN { printf "%.1f M/s", n / s / 1e6 }'; }
# peak COMMAND...: peak anonymous memory in KiB
peak() { "$build/tests/bench/peak_rss" "$@"; }
row() { printf '%-44s %12s %12s   %-24s %8s\n' "$@"; }
