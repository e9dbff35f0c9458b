#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# How fast is `check` against babeltrace2 decoding the same trace, against reading its records and no more, and does its memory grow?
#
# Usage: replay.sh BUILD_DIR [RECORDS] [ROUNDS]. Every ratio is the median of one ratio per round, in which all programs run one after the
# other: CPU time (user and system) where one core is meant, wall time for two threads. Two minutes; the ratio is the last column.
set -euo pipefail
build=$(cd "${1:?build directory}" && pwd)
records=${2:-5000000}
rounds=${3:-7}
work=$(mktemp -d "${TMPDIR:-/tmp}/mirrorscope-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
check="$build/cli/mirrorscope check"
command -v babeltrace2 > /dev/null || { echo "replay.sh: babeltrace2 is not installed" >&2; exit 2; }

source "$(dirname "$0")/words.sh"

"$build/tests/bench/make_trace" "$work/long.trace" "$records" > /dev/null
"$build/tests/bench/make_trace" "$work/short.trace" $((records / 10)) > /dev/null

for ((i = 0; i < rounds; ++i)); do
  run one $check --jobs 1 "$work/long.trace"
  run two $check --jobs 2 "$work/long.trace"
  run walk "$build/tests/bench/floor" walk "$work/long.trace"
  run random "$build/tests/bench/floor" random "$work/long.trace"
  run reader "$build/tests/bench/floor" reader "$work/long.trace"
  run short $check --jobs 1 "$work/short.trace"
  run bt babeltrace2 "$work/long.trace" --component sink.utils.dummy
done
for name in one walk random reader short bt; do cpu $name > "$work/$name"; done
wall one > "$work/one.wall"
wall two > "$work/two.wall"
short_peak=$(peak $check --jobs 1 "$work/short.trace")
long_peak=$(peak $check --jobs 1 "$work/long.trace")
memory=$(awk -v a="$long_peak" -v b="$short_peak" 'BEGIN { printf "%.2fx", a / b }')

echo "load $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) CPUs, $rounds rounds"
row "$records records, all rules" check other bar ratio
row "babeltrace2 to its dummy sink / check" "$(rate "$work/one")" "$(rate "$work/bt")" ">= 12x" "$(ratio "$work/bt" "$work/one")"
row "check / reading, each record touched" "$(rate "$work/one")" "$(rate "$work/walk")" "<= 3x" "$(ratio "$work/one" "$work/walk")"
row "check / the same, and a random 8 MB access" "$(rate "$work/one")" "$(rate "$work/random")" "<= 4x" "$(ratio "$work/one" "$work/random")"
row "check / the same with checksums (Cursor)" "$(rate "$work/one")" "$(rate "$work/reader")" "-" "$(ratio "$work/one" "$work/reader")"
row "check --jobs 1 / --jobs 2, wall time" "$(rate "$work/two.wall")" "$(rate "$work/one.wall")" ">= 1.85x" "$(ratio "$work/one.wall" "$work/two.wall")"
row "time, trace 10x as long" "$(median < "$work/one") s" "$(median < "$work/short") s" "<= 10x, linear" "$(ratio "$work/one" "$work/short")"
row "peak memory, trace 10x as long" "$long_peak KiB" "$short_peak KiB" "<= 1.1x" "$memory"
