#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A command is recorded from its first instruction to its end, and every reader sees the same trace.
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/rxe.sh"

"$mirrorscope" record -o run --stats --exit-code-from-command -- \
    bash -c "$workloads/rdma_churn --odp --seconds 3 --pace 2000 >/dev/null; exit 7" 2>summary
code=$?
cat summary
must "the command's exit code is passed on" is $code 7
must "the trace directory is the owner's alone" is "$(stat -c %a run)" 700
must "so is every file in it" is "$(stat -c %a run/* | sort -u)" 600
must "it ended in order" is "$(count run stopped)" 1
must "what was sent was delivered" is "$(field run stopped sent)" "$(field run stopped delivered)"
must "nothing was lost in a ring" is "$(field run stopped lost)" 0
must "there are events" test "$(field run stopped delivered)" -gt 1000
must "babeltrace2 reads as many records" is "$(babeltrace2 ./run 2>/dev/null | wc -l)" "$("$mirrorscope" dump run | wc -l)"
must "babeltrace2 does not complain" is "$(babeltrace2 ./run 2>&1 >/dev/null | head -3)" ""
must "JSON has as many" is "$("$mirrorscope" dump run --json | wc -l)" "$("$mirrorscope" dump run | wc -l)"
must "the driver's callback was found by itself" grep -q 'name="rxe_ib_invalidate_range"' <("$mirrorscope" dump run --event symbol)
must "tasks have names" grep -q 'comm="rdma_churn"' <("$mirrorscope" dump run --event task_name)
must "no name reaches further than a function does" is "$("$mirrorscope" dump run --event symbol | sed -n 's/.* offset=\([0-9]*\).*/\1/p' | awk '$1 > 262144' | wc -l)" 0
must "stacks were taken" test "$(count run stack)" -gt 0
must "no kernel address is in the trace" is "$("$mirrorscope" dump run | grep -oE '=0xffff[0-9a-f]{12}\b' | grep -v 0xffffffffffffffff | sort | uniq -c)" ""
must "only the command was recorded" is "$("$mirrorscope" dump run --event sub_insert | cut -d' ' -f5 | cut -d/ -f2 | sort -u | wc -l)" 1
for event in inv_start inv_start_ret inv_end cb_enter cb_ret range_fault range_fault_ret; do
    must "every run of $event is in the trace" is "$(count run $event)" \
        "$(awk -v e=$event '$1 == e && NF == 6 { gsub(",", ""); s += $4 } END { print s + 0 }' summary)"
done
