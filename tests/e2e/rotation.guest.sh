#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# With --max-size and --max-files a recording keeps its newest part, and that part can be read and judged.
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/rxe.sh"
"$mirrorscope" record -o run --max-size 512K --max-files 3 -- "$workloads/rdma_churn" --odp --seconds 8 --pace 100 >/dev/null 2>summary
must "it records" is $? 0
cat summary
find run -type d | sort
must "at most three parts stay" test "$(find run -mindepth 1 -type d -name "0*" | wc -l)" -le 3
must "it was long enough to rotate" test "$(field run stopped delivered)" -gt "$("$mirrorscope" dump run --cpu 0 --cpu 1 | wc -l)"
must "it takes no more room than that" test "$(du -sm run | cut -f1)" -le 6
must "names and probes are still known" test "$(count run probe_state)" -gt 10
must "babeltrace2 reads as many records" is "$(babeltrace2 ./run 2>babeltrace2.said | wc -l)" "$("$mirrorscope" dump run | wc -l)"
must "and finds no packet out of its place" is "$(grep -vc 'WARNING: Tracer discarded [0-9]* event' babeltrace2.said)" 0
[ $bad = 0 ] || head -c 2000 babeltrace2.said
"$mirrorscope" check run >/out/check.txt 2>&1
code=$?
must "nothing is judged wrong because its beginning is gone (exit $code)" test $code = 0 -o $code = 3
