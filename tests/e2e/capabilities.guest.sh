#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Which capabilities are enough to record, what is left of them while recording, and what is said when they are missing.
# guest: --smp 1
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/rxe.sh"

# only CAPABILITIES COMMAND...: runs it with these and no others.
only() {
    local keep=$1 all drop
    shift
    all=$(capsh --print | sed -n 's/^Bounding set =//p')
    drop=$(tr , '\n' <<<"$all" | grep -vxE "$(tr , '|' <<<"$keep")" | paste -sd,)
    capsh --drop="$drop" -- -c "$(printf '%q ' "$@")"
}

said=$(only cap_chown "$mirrorscope" record -d 1 -o none 2>&1)
must "without capabilities it cannot record" is $? 2
echo "$said"
must "and says so in one sentence" is "$(wc -l <<<"$said")" 1
must "which names what is missing" grep -q 'CAP_BPF' <<<"$said"
must "and leaves nothing behind" test ! -e none

only cap_bpf,cap_perfmon,cap_sys_admin,cap_syslog "$mirrorscope" record -a -o run 2>summary &
must "CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN and CAP_SYSLOG are enough" until_ready run
recorder=$(pgrep -x mirrorscope)
status() { sed -n "s/^$1:\s*//p" "/proc/$recorder/status"; }
given_up() { [ "$(status NoNewPrivs)" = 1 ] && [ "$(status CapEff)" = 000000c000000000 ]; }
until_true 50 0.1 given_up
must "while recording it holds CAP_BPF and CAP_PERFMON" is "$(status CapEff)" 000000c000000000
must "it cannot get anything back" is "$(status CapPrm) $(status CapInh) $(status CapAmb)" "000000c000000000 0000000000000000 0000000000000000"
must "it cannot gain by exec" is "$(status NoNewPrivs)" 1
"$lab/inside/pingpong.sh" -o >/dev/null
kill -INT "$recorder"
wait
cat summary
must "it ended in order" is "$(count run stopped)" 1
must "the driver's callback was found" grep -q 'how=fentry .*rxe_ib_invalidate_range' <("$mirrorscope" dump run --event probe_state)
must "events were recorded" test "$(count run range_fault_ret)" -gt 0
must "functions have names" grep -q rxe_ib_invalidate_range <("$mirrorscope" dump run --event symbol)
