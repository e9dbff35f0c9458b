#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `check --jobs N` says the same for every N, of a whole trace and of one with a damaged packet.
#
# Usage: jobs.sh MIRRORSCOPE MAKE_TRACE
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# same EXIT_CODE: the report on $work/trace is the same with every number of threads
same() {
  local jobs code
  for jobs in 1 2 3 8; do
    code=0
    "$mirrorscope" check --format json --jobs "$jobs" "$work/trace" > "$work/$jobs.json" || code=$?
    [ "$code" = "$1" ] || { echo "jobs.sh: --jobs $jobs exits $code, expected $1" >&2; exit 1; }
    cmp "$work/1.json" "$work/$jobs.json"
  done
}

mirrorscope=$1
# 7 address spaces on 3 CPUs: no number of threads divides them evenly
"$2" "$work/trace" 200000 7 3 > /dev/null
same 0
grep -q '"records": *200' "$work/1.json"

printf '\377\377\377\377' | dd of="$work/trace/cpu_1" bs=1 seek=2000000 conv=notrunc status=none
same 3
