#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A filter lets through what was asked for, children included, and nothing else.
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/kvm.sh"
cp "$workloads/kvm_tap" wanted
cp "$workloads/kvm_tap" other
mkdir -p /sys/fs/cgroup/wanted

# Processes that invalidations were recorded for, as a sorted list.
processes() { "$mirrorscope" dump "$1" --event 'inv_start' | cut -d' ' -f4 | cut -d/ -f2 | sort -un | tr '\n' ' '; }
names() { "$mirrorscope" dump "$1" --event task_name | sed -n 's/.*comm="\([^"]*\)".*/\1/p' | sort -u | grep -xE 'wanted|other' | tr '\n' ' '; }

./other --seconds 100000 >/dev/null &
other=$!
bash -c 'echo $$ >/sys/fs/cgroup/wanted/cgroup.procs; exec ./wanted --seconds 100000' >/dev/null &
wanted=$!
sleep 2

"$mirrorscope" record -d 1 -o pid --pid $wanted 2>/dev/null
must "--pid: only this process" is "$(processes pid)" "$wanted "
"$mirrorscope" record -d 1 -o comm --comm wanted 2>/dev/null
must "--comm: only processes of this name" is "$(processes comm)" "$wanted "
"$mirrorscope" record -d 1 -o cgroup --cgroup wanted 2>/dev/null
must "--cgroup: only processes in it" is "$(processes cgroup)" "$wanted "
"$mirrorscope" record -d 1 -o all 2>/dev/null
must "no filter: both" is "$(names all)" "other wanted "
"$mirrorscope" record -o command -- bash -c './wanted --seconds 1 >/dev/null; true' 2>/dev/null
must "a command: its child and not the others" is "$(names command)" "wanted "
must "a command: something was recorded" test "$(count command inv_start)" -gt 0
"$mirrorscope" record -d 1 -o events --pid $wanted --probes 'inv_*' --probes '!inv_end*' 2>/dev/null
must "--probes: only these events" is \
    "$("$mirrorscope" dump events --cpu 0 --cpu 1 --json | jq -r .event | sort -u | grep -v task_name | tr '\n' ' ')" "inv_start inv_start_ret "
must "--probes: the others are off, not missing" grep -q 'how=off' <("$mirrorscope" dump events --event probe_state)
kill $other $wanted
wait $other $wanted 2>/dev/null

for wrong in '--pid 99999999' '--cgroup no/such' "--probes nonsense" '--ring-size many' '--duration soon' '--max-files 3'; do
    said=$("$mirrorscope" record -o none $wrong 2>&1)
    must "'$wrong' is refused" is $? 2
    must "'$wrong': in one sentence: $said" is "$(wc -l <<<"$said")" 1
done
