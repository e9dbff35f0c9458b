#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the traces that the tests here ask: traces.sh DIRECTORY MIRRORSCOPE MAKE_TRACE CASE_TRACE HOSTILE_TRACE
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
made=$1 mirrorscope=$2 make_trace=$3 case_trace=$4
rm -rf "$made"
mkdir -p "$made"
"$make_trace" "$made/churn" 30000 > /dev/null
for case in driver_bug application_mistake doubt all_well; do "$case_trace" "$here/../report/findings.cases" "$case" "$made/$case"; done
for case in spans retries churned; do "$case_trace" "$here/asked.cases" "$case" "$made/$case"; done
"$mirrorscope" explore hmm_mirror --mutant skip_read_retry --write-trace "$made/model" > /dev/null || [ $? = 1 ]  # it finds the mistake
# a trace with a loss: the last third of one stream's bytes is gone
cp -r "$made/churn" "$made/cut"
size=$(stat -c %s "$made/cut/cpu_0")
truncate -s $((size * 2 / 3)) "$made/cut/cpu_0"
