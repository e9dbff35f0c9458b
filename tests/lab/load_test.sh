#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does a load on a real kernel come out whole and judged? load_test.sh BUILD KERNEL LOAD SECONDS OUT [RECORD-OPTION...]
#
# The trace must read, babeltrace2 must count what `check` counts, every start, callback and end must be in it as often as the kernel
# ran our program for it, and no hard rule may be violated. OUT/trace stays for the tests that take things away from it.
set -euo pipefail
build=$(cd "$1" && pwd) kernel=$2 load=$3 seconds=$4 out=$5
shift 5
cd "$(dirname "$0")/../.."
rm -rf "$out"
mkdir -p "$out"
mirrorscope=$build/cli/mirrorscope
bad=0
must() { echo "$1: $2"; [ "$2" = yes ] || bad=1; }

[ "$load" != module ] || tests/lab/module.sh "$kernel" "$out" > /dev/null
tests/lab/guest.sh --kernel "$kernel" --memory 3G --swap 512M --timeout $((seconds * 6 + 240)) --out "$out" --quiet -- \
  tests/lab/inside/record_load.sh "$build" "$load" "$seconds" "$@"

code=0
"$mirrorscope" check --all "$out/trace" > "$out/check.txt" || code=$?
cat "$out/check.txt"
"$mirrorscope" check --format json "$out/trace" > "$out/check.json" || true
must "check says 0 (nothing violated) or 3 (inconclusive), here $code" "$([ $code = 0 ] || [ $code = 3 ] && echo yes || echo no)"

records=$(jq .records "$out/check.json")
decoded=$(babeltrace2 "$out/trace" --component sink.text.details --params 'with-trace-name=no' 2> "$out/babeltrace2.txt" | grep -c '^Event' || true)
[ "$decoded" != 0 ] || decoded=$(babeltrace2 "$out/trace" 2> "$out/babeltrace2.txt" | wc -l)
must "babeltrace2 counts $decoded events, check $records" "$([ "$decoded" = "$records" ] && echo yes || echo no)"
must "babeltrace2 has no complaint" "$([ ! -s "$out/babeltrace2.txt" ] && echo yes || { head -3 "$out/babeltrace2.txt"; echo no; })"

tests/lab/inside/counted.sh "$out/runs.json" "$out/check.json" || bad=1
lost=$(jq '[.losses[] | .count - .repaired] | add // 0' "$out/check.json")
echo "lost and not made up for: $lost"
exit $bad
