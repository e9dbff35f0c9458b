#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A driver whose module is loaded while recording runs, and privileges are gone: its callback is found and attached to.
# guest: --smp 1
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$mirrorscope" record -a -o run 2>summary &
recorder=$!
must "it gets ready" until_ready run
"$lab/inside/rxe.sh"
"$workloads/rdma_churn" --odp --seconds 1 >/dev/null
until_attached 300 run rxe_ib_invalidate_range
"$workloads/rdma_churn" --odp --seconds 3 >/dev/null
kill -INT $recorder
wait $recorder
must "it records" is $? 0
cat summary
"$mirrorscope" dump run --event probe_state | grep rxe_ib_invalidate_range
must "the callback was attached to" is \
    "$("$mirrorscope" dump run --event probe_state | grep rxe_ib_invalidate_range | grep -cE 'how=(kprobe|kretprobe|fentry|fexit) ')" 2
must "it has its own name" grep -q 'name="rxe_ib_invalidate_range" module="rdma_rxe"' <("$mirrorscope" dump run --event symbol)
must "no name is a guess far off" is "$("$mirrorscope" dump run --event symbol | grep -c 'name="ovl')" 0
must "and its calls were recorded" test "$(count run cb_ret)" -gt 0
must "what came before is a loss of its own" is "$(count run lost | awk '{ print ($1 >= 2) }')" 1
"$mirrorscope" check run >/out/check.txt 2>&1
code=$?
must "no rule takes the late start for a defect (exit $code)" test $code = 0 -o $code = 3
