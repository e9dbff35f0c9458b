#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A filter lets through what was asked for, children included, and nothing else.
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/kvm.sh"
cp "$workloads/kvm_tap" wanted
cp "$workloads/kvm_tap" other
mkdir -p /sys/fs/cgroup/wanted

# How many mms invalidations were recorded for. Not which tasks: one task compacts or reclaims the memory of another.
mms() { "$mirrorscope" dump "$1" --event inv_start | sed -n 's/.* mm=\(0x[0-9a-f]*\).*/\1/p' | sort -u | wc -l; }
# Is this process among the tasks?
has() { "$mirrorscope" dump "$1" --event inv_start | cut -d' ' -f4 | grep "/$2\$" >/dev/null; }
# Records invalidations for some seconds in which both work; they rest while the recorder starts, which takes all of an emulated CPU.
both_under() {
    local trace=$1
    shift
    "$mirrorscope" record -o "$trace" --probes 'inv_*' "$@" 2>/dev/null &
    local recorder=$!
    until_ready "$trace"
    kill -CONT $other $wanted
    sleep 4
    kill -STOP $other $wanted
    kill -INT $recorder
    wait $recorder
}
names() { "$mirrorscope" dump "$1" --event task_name | sed -n 's/.*comm="\([^"]*\)".*/\1/p' | sort -u | grep -xE 'wanted|other' | tr '\n' ' '; }

./other --seconds 100000 --hang-after 100000 >/dev/null &
other=$!
bash -c 'echo $$ >/sys/fs/cgroup/wanted/cgroup.procs; exec ./wanted --seconds 100000 --hang-after 100000' >/dev/null &
wanted=$!
sleep 2
kill -STOP $other $wanted

both_under pid --pid $wanted
must "--pid: only this process" is "$(mms pid)" 1
must "--pid: it was the right one" has pid $wanted
both_under comm --comm wanted
must "--comm: only processes of this name" is "$(mms comm)" 1
must "--comm: it was the right one" has comm $wanted
both_under cgroup --cgroup wanted
must "--cgroup: only processes in it" is "$(mms cgroup)" 1
must "--cgroup: it was the right one" has cgroup $wanted
both_under all
must "no filter: both" is "$(names all)" "other wanted "
"$mirrorscope" record -o command -- bash -c './wanted --seconds 1 >/dev/null; true' 2>/dev/null
must "a command: its child and not the others" is "$(mms command)" 1
must "a command: something was recorded" test "$(count command inv_start)" -gt 0
both_under events --pid $wanted --probes '!inv_end*'
must "--probes: only these events" is \
    "$("$mirrorscope" dump events --cpu 0 --cpu 1 --json | jq -r .event | sort -u | grep -vE 'task_name|_seen' | tr '\n' ' ')" "inv_start inv_start_ret "
must "--probes: the others are off, not missing" grep -q 'how=off' <("$mirrorscope" dump events --event probe_state)
kill -KILL $other $wanted
wait $other $wanted 2>/dev/null

for wrong in '--pid 99999999' '--cgroup no/such' "--probes nonsense" '--ring-size many' '--duration soon' '--max-files 3'; do
    said=$("$mirrorscope" record -o none $wrong 2>&1)
    must "'$wrong' is refused" is $? 2
    must "'$wrong': in one sentence: $said" is "$(wc -l <<<"$said")" 1
done
