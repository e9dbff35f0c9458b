#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How fast does `query` count by reason against `dump --json | jq`, how fast does it go through all records, and does its memory grow?
#
# Usage: query.sh BUILD_DIR [RECORDS] [ROUNDS]. Every ratio is the median of one ratio per round, in which all programs run one after the
# other, by CPU time (user and system, of a pipe that of both). Three minutes.
set -euo pipefail
build=$(cd "${1:?build directory}" && pwd)
records=${2:-5000000}
rounds=${3:-3}
work=$(mktemp -d "${TMPDIR:-/tmp}/mirrorscope-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
mirrorscope="$build/cli/mirrorscope"
command -v jq > /dev/null || { echo "query.sh: jq is not installed" >&2; exit 2; }
source "$(dirname "$0")/words.sh"

by_reason='SELECT reason, count(*) FROM inv_start GROUP BY reason ORDER BY reason'
# COUNT REASON, a line each
with_query() { "$mirrorscope" query --format csv "$by_reason" "$1" | tr -d '\r' | awk -F, 'NR > 1 { print $2, $1 }'; }
with_jq() { "$mirrorscope" dump --json "$1" | jq -r 'select(.event == "inv_start") | .reason' | sort | uniq -c | awk '{ print $1, $2 }'; }

"$build/tests/bench/make_trace" "$work/long.trace" "$records" > /dev/null
"$build/tests/bench/make_trace" "$work/short.trace" $((records / 10)) > /dev/null
diff <(with_query "$work/short.trace") <(with_jq "$work/short.trace") || { echo "query.sh: they do not count the same" >&2; exit 1; }

for ((i = 0; i < rounds; ++i)); do
  run query with_query "$work/long.trace"
  run jq with_jq "$work/long.trace"
  run count "$mirrorscope" query 'SELECT count(*) FROM events' "$work/long.trace"
  run scan "$mirrorscope" query 'SELECT sum(time), max(cpu), min(tid), max(seq) FROM events' "$work/long.trace"
  run names "$mirrorscope" query 'SELECT event, count(*) FROM events GROUP BY event' "$work/long.trace"
  run episodes "$mirrorscope" query 'SELECT count(*), max(duration) FROM episodes' "$work/long.trace"
  run reader "$build/tests/bench/floor" reader "$work/long.trace"
done
for name in query jq count scan names episodes reader; do cpu $name > "$work/$name"; done
by_time="SELECT time, reason FROM inv_start ORDER BY time"
short_peak=$(peak "$mirrorscope" query "$by_time" "$work/short.trace")
long_peak=$(peak "$mirrorscope" query "$by_time" "$work/long.trace")
memory=$(awk -v a="$long_peak" -v b="$short_peak" 'BEGIN { printf "%.2fx", a / b }')

echo "load $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) CPUs, $rounds rounds"
row "$records records" query other bar ratio
row "count by reason: dump --json | jq / query" "$(rate "$work/query")" "$(rate "$work/jq")" ">= 10x" "$(ratio "$work/jq" "$work/query")"
row "four columns of every record / reading them" "$(rate "$work/scan")" "$(rate "$work/reader")" ">= 3 M/s" "$(ratio "$work/scan" "$work/reader")"
row "every record counted / reading them" "$(rate "$work/count")" "$(rate "$work/reader")" ">= 3 M/s" "$(ratio "$work/count" "$work/reader")"
row "grouped by the event's name / reading them" "$(rate "$work/names")" "$(rate "$work/reader")" "-" "$(ratio "$work/names" "$work/reader")"
row "episodes, starts and ends joined / reading them" "$(rate "$work/episodes")" "$(rate "$work/reader")" ">= 3 M/s" "$(ratio "$work/episodes" "$work/reader")"
row "peak memory, trace 10x as long" "$long_peak KiB" "$short_peak KiB" "<= 1.1x" "$memory"
