#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of the recorder at any moment: the trace opens, and what was flushed is in it. TIMES=50 for the long version.
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/rxe.sh"
RANDOM=${SEED:-1}

"$workloads/rdma_churn" --odp --seconds 100000 --pace 1000 >/dev/null &
churn=$!
for i in $(seq "${TIMES:-4}"); do
    # all probes once, then the busiest alone: under emulation a start with all takes most of a minute
    probes=()
    [ "$i" = 1 ] || probes=(--probes 'inv_*' --probes 'cb_*')
    "$mirrorscope" record -a "${probes[@]}" -o "run$i" 2>/dev/null &
    recorder=$!
    until_ready "run$i"
    sleep $((RANDOM % 3)).$((RANDOM % 1000))
    kill -9 $recorder
    wait $recorder 2>/dev/null
    records=$("$mirrorscope" dump "run$i" 2>damage | wc -l)
    must "run $i opens, $records records, $(wc -l <damage) places damaged" test "$records" -gt 0
    "$mirrorscope" check "run$i" >verdict 2>&1
    code=$?
    must "check does not take it for whole (exit $code)" test $code = 3 -o $code = 1
    must "babeltrace2 opens it" babeltrace2 "run$i" --component sink.utils.dummy
    rm -rf "run$i"
done
kill $churn
wait $churn 2>/dev/null
must "no BPF program stays behind" is "$(bpftool prog show | grep -c inv_start)" 0
