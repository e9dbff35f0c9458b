#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is every call that the kernel counted a record or a loss? counted.sh RUNS CHECK: `bpftool -j prog show` of a recording with --stats, taken
# while it went on, and `check --format json` of its trace.
#
# For the first program of each group, runs and skipped runs are the calls of the function.
set -euo pipefail
runs=$1 check=$2 bad=0
for event in inv_start inv_start_ret inv_end inv_end_ret cb_enter cb_ret hl_start hl_start_ret range_fault range_fault_ret read_begin \
             read_begin_ret; do
  calls=$(jq "[.[] | select(.name == \"$event\" or .name == \"${event}__kp\") | (.run_cnt // 0) + (.recursion_misses // 0)] | add // 0" "$runs")
  have=$(jq "(.events.$event // 0) + ([.losses[] | select(.event == \"$event\") | .count] | add // 0)" "$check")
  [ "$calls" = "$have" ] && verdict=yes || verdict=no bad=1
  echo "$event: $calls calls by the kernel's count, $have records and losses: $verdict"
done
exit $bad
