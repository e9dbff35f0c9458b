#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What does an interval notifier cost that is as wide as a request, a VMA, or a level of a page table? The same load with each: the reference
# driver in mode implicit, half of whose process's memory the device does not use (driver-model/kernel/client/neighbours.cpp).
#
# Usage: wide_notifiers.sh BUILD_DIR [CHANGES], on the host; prints the table of docs/wide-notifiers.md. In a guest: wide_notifiers.sh in-guest
# BUILD_DIR CHANGES DIRECTORY writes KIND.csv, and the trace KIND, for each kind to DIRECTORY; the module is loaded.
set -euo pipefail
[ "${1:-}" != table ] || set -- table "$(realpath "$2")"
cd "$(dirname "$0")/../.."
kinds=(temporary vma 2M 512M 1G)
options() {
  case $1 in
    temporary | vma) echo "--ranges $1" ;;
    2M) echo "--level-shift 21" ;;
    512M) echo "--level-shift 29" ;;
    1G) echo "--level-shift 30" ;;
  esac
}
if [ "${1:-}" = in-guest ]; then
  build=$2 changes=$3 into=$4
  for kind in "${kinds[@]}"; do
    "$build/cli/mirrorscope" record -q -o "$into/$kind" -- \
      "$build/driver-model/kernel/client/mirrorscope-device" neighbours --changes "$changes" --dma-us 200 $(options "$kind") > "$into/$kind.said" 2> "$into/$kind.record"
    "$build/cli/mirrorscope" export --format notifiers "$into/$kind" | tr -d '\r' > "$into/$kind.csv"
  done
  exit
fi

if [ "${1:-}" = table ]; then # of a directory with the CSV files
  echo '| notifiers | inserted | callbacks | useless | time in callbacks | read_begin | waited | of these longer than for its own range | time waited | of it for others | look-ups in vain |'
  echo '|---|---|---|---|---|---|---|---|---|---|---|'
  declare -A called=([temporary]='temporary, one per request' [vma]='as a VMA' [2M]='aligned 2 MB' [512M]='aligned 512 MB' [1G]='aligned 1 GB')
  for kind in "${kinds[@]}"; do
    awk -F, -v kind="${called[$kind]}" '
      NR == 1 { for (i = 1; i <= NF; ++i) at[$i] = i; next }
      $1 ~ /^implicit_invalidate/ { for (i = 2; i <= NF; ++i) sum[i] += $i }
      function of(name) { return sum[at[name]] + 0 }
      function share(part, whole) { return whole ? sprintf("%.0f %%", 100 * part / whole) : "-" }
      function ms(ns) { return sprintf("%.0f ms", ns / 1e6) }
      END {
        printf "| %s | %d | %d | %d (%s) | %s | %d | %d | %d | %s | %s | %d of %d |\n", kind, of("inserted"), of("callbacks"), of("useless"),
          share(of("useless"), of("judged")), ms(of("callback_ns")), of("read_begins"), of("waits"), of("stretched"), ms(of("wait_ns")),
          share(of("stretch_ns"), of("wait_ns")), of("busy") + of("stale"), of("lookups")
      }' "$2/$kind.csv"
  done
  exit
fi

build=$(cd "${1:?build directory}" && pwd) changes=${2:-4000}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
tests/lab/module.sh 7.x "$out" > /dev/null
tests/lab/guest.sh --kernel 7.x --memory 3G --timeout 3000 --quiet --out "$out" -- bash -c "
  lab-modprobe drm_gpusvm_helper && insmod /out/mirrorscope.ko && mkdir /tmp/w &&
  tests/bench/wide_notifiers.sh in-guest '$build' '$changes' /tmp/w && cp /tmp/w/*.csv /tmp/w/*.said /out/ && uname -r > /out/release"
echo "Linux $(<"$out/release"), $changes changes and $changes requests:"
echo
tests/bench/wide_notifiers.sh table "$out"
