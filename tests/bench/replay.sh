#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How fast is `check` against babeltrace2 decoding the same trace, against the memory floor, and does its memory grow?
#
# Usage: replay.sh BUILD_DIR [RECORDS]. Every figure is a ratio of two things measured in this run; medians of three runs.
set -euo pipefail
build=$(cd "${1:?build directory}" && pwd)
records=${2:-5000000}
work=$(mktemp -d "${TMPDIR:-/tmp}/mirrorscope-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
check="$build/cli/mirrorscope check"
command -v babeltrace2 > /dev/null || { echo "replay.sh: babeltrace2 is not installed" >&2; exit 2; }

# seconds COMMAND...: median wall time of three runs
seconds() {
  local i
  for i in 1 2 3; do
    local begin end
    begin=$(date +%s%N)
    "$@" > /dev/null
    end=$(date +%s%N)
    echo $((end - begin))
  done | sort -n | sed -n 2p | awk '{ printf "%.6f", $1 / 1e9 }'
}
# peak COMMAND...: peak resident size in KiB, the pages of the mapped trace left out
peak() { "$build/tests/bench/peak_rss" "$@"; }
row() { printf '%-52s %14s %14s %9s   %s\n' "$@"; }

"$build/tests/bench/make_trace" "$work/long" "$records" > /dev/null
"$build/tests/bench/make_trace" "$work/short" $((records / 10)) > /dev/null

bt=$(seconds babeltrace2 "$work/long" --component sink.utils.dummy)
one=$(seconds $check --jobs 1 "$work/long")
two=$(seconds $check --jobs 2 "$work/long")
walk=$(seconds "$build/tests/bench/floor" walk "$work/long")
random=$(seconds "$build/tests/bench/floor" random "$work/long")
rate() { awk -v n="$records" -v s="$1" 'BEGIN { printf "%.1f M/s", n / s / 1e6 }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2fx", a / b }'; }
short_peak=$(peak $check --jobs 1 "$work/short")
long_peak=$(peak $check --jobs 1 "$work/long")

row "replay, $records records, all rules, one core" ours other ratio bar
row "check / babeltrace2 to its dummy sink" "$(rate "$one")" "$(rate "$bt")" "$(ratio "$bt" "$one")" ">= 10x now, 20x at the end"
row "check / reading every record (floor)" "$(rate "$one")" "$(rate "$walk")" "$(ratio "$one" "$walk")" "<= 8x slower"
row "check / the same with a random 8 MB access" "$(rate "$one")" "$(rate "$random")" "$(ratio "$one" "$random")" "<= 4x slower"
row "check --jobs 2 / --jobs 1" "$(rate "$two")" "$(rate "$one")" "$(ratio "$one" "$two")" ">= 1.8x"
row "peak memory, trace 10x as long" "$long_peak KiB" "$short_peak KiB" "$(ratio "$long_peak" "$short_peak")" "<= 1.1x"
