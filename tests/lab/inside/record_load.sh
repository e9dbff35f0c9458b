#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# In the guest: record a load, system-wide. record_load.sh BUILD LOAD SECONDS [RECORD-OPTION...]; the trace goes to /out/trace.
set -euo pipefail
build=$1 load=$2 seconds=$3
shift 3
scratch=$(mktemp -d)
tests/lab/inside/rxe.sh
tests/lab/inside/kvm.sh
if [ "$load" = module ]; then
  tests/lab/inside/modes.sh > /dev/null
  insmod /out/mirrorscope.ko
fi
# --stats lets the kernel count program runs, for the comparison with what is in the trace
"$build/cli/mirrorscope" record --system-wide --stats --quiet --exit-code-from-command -o "$scratch/trace" "$@" -- \
  tests/lab/inside/load.sh "$load" "$seconds" "$build/tests/lab/workloads" 2> /out/record.txt || { code=$?; cat /out/record.txt; exit $code; }
cat /out/record.txt
cp -r "$scratch/trace" /out/trace
