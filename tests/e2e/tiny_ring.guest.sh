#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A ring that is far too small: what is lost is counted exactly, per CPU, and nothing is judged as if it had been seen.
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/rxe.sh"

"$mirrorscope" record -o run --ring-size 4K --stats -- "$workloads/rdma_churn" --odp --seconds 5 >/dev/null 2>summary
must "it records all the same" is $? 0
cat summary
sent=$(field run stopped sent) delivered=$(field run stopped delivered) lost=$(field run stopped lost)
must "the ring was too small" test "$lost" -gt 0
must "sent = delivered + lost" is "$sent" $((delivered + lost))
must "the lost records add up" is "$(sum run lost count cause=ring_full)" "$lost"
must "the delivered ones are in the trace" is "$("$mirrorscope" dump run | grep -vc ' about #')" "$delivered"
while read -r cpu sent delivered lost; do
    must "CPU $cpu: sent = delivered + lost" is "$sent" $((delivered + lost))
    must "CPU $cpu: the trace holds what was delivered" is "$("$mirrorscope" dump run --cpu "$cpu" | wc -l)" "$delivered"
    must "CPU $cpu: the lost records say where" is "$(sum run lost count "cause=ring_full .*on_cpu=$cpu\b")" "$lost"
done < <(sed -n '/^CPU /,/^next/p' summary | grep -E '^[0-9]' | tr -d ,)
must "babeltrace2 says the same" grep -q "$lost\|discarded" <(babeltrace2 ./run 2>&1 >/dev/null)
"$mirrorscope" check run >/out/check.txt
must "the verdict is inconclusive" is $? 3
