#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# However a recording ends, Ctrl-C, the clock, the command, it ends in order.
# guest: --smp 1
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/rxe.sh"

"$mirrorscope" record -a -o interrupted 2>summary &
recorder=$!
must "it gets ready" until_ready interrupted
"$lab/inside/pingpong.sh" -o >/dev/null
kill -INT $recorder
wait $recorder
must "Ctrl-C is no failure" is $? 0
must "Ctrl-C ends it in order" is "$(count interrupted stopped)" 1
must "what came before is there" test "$(field interrupted stopped delivered)" -gt 0
must "the summary says what to type next" grep -q '^next: mirrorscope check interrupted' summary

"$mirrorscope" record -o timed --duration 1 -- sleep 1000 2>summary
must "the clock is no failure" is $? 0
must "the clock ends it in order" is "$(count timed stopped)" 1
must "the command is ended too" is "$(pgrep -cx sleep)" 0

said=$("$mirrorscope" record -o none -- no-such-command 2>&1)
must "a command that is not there is told first" is $? 2
must "in one sentence" is "$(wc -l <<<"$said")" 1
must "and leaves nothing behind" test ! -e none

said=$("$mirrorscope" record -o timed --duration 1 2>&1)
must "an existing trace is not overwritten" is $? 2
must "which is said in one sentence" is "$(wc -l <<<"$said")" 1
