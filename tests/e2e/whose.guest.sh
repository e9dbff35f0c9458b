#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two processes of one name in cgroups laid out like a Slurm job's and a pod's; the job storms. Who tells that it is the job?
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/kvm.sh"
ip link set lo up
cp "$workloads/kvm_tap" app
uid=2f4bd9d2-e0b1-4a0e-9a42-0d5d4b4c8f11 container=$(printf '4f1c%.0s' {1..16})
root=/sys/fs/cgroup
job=$root/system.slice/slurmstepd.scope/job_4711
pod=$root/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid//-/_}.slice
mkdir -p "$job/step_0/user/task_0" "$pod/cri-containerd-$container.scope"

# in_cgroup DIRECTORY: one of them, which rests until it is told to go on
in_cgroup() {
    bash -c "echo \$\$ > $1/cgroup.procs; exec ./app --seconds 100000 --hang-after 100000" > /dev/null &
    started=$!
}
in_cgroup "$job/step_0/user/task_0"
storms=$started
in_cgroup "$pod/cri-containerd-$container.scope"
quiet=$started
sleep 2
kill -STOP $storms $quiet
# while_both_work COMMAND...: one works all the time, the other one now and then
work() { kill -CONT $storms; while sleep 2; do kill -CONT $quiet; sleep 0.1; kill -STOP $quiet; done; }
rest() { kill $working; wait $working; kill -STOP $storms $quiet; } 2> /dev/null
begin() { work 2> /dev/null & working=$!; }

# a recording: the trace, SQL over it, the page
"$mirrorscope" record -q -o all --probes 'inv_*' 2> /dev/null &
recorder=$!
until_ready all
begin
sleep 7
rest
kill -INT $recorder
wait $recorder
must "the trace says where the cgroup of each lies" is "$("$mirrorscope" dump all --event workload | grep -oE "cgroup=\"?(${job#"$root"}|${pod#"$root"})/[^\" ]*" | sort -u | wc -l)" 2
"$mirrorscope" query --format csv "SELECT job, step, pod, container, uid, sum(invalidations) FROM processes WHERE job IS NOT NULL OR pod IS NOT NULL
    GROUP BY job, pod ORDER BY sum(invalidations) DESC" all | tail -n +2 | tr -d '\r' > sides.txt
must "SQL: the job has the most" grep -qE '^"?4711"?,"?0"?,,,0,[0-9]+$' <(head -1 sides.txt)
must "SQL: the pod and its container are beside it" grep -qE "^,,\"?$uid\"?,\"?$container\"?,0,[0-9]+$" <(tail -1 sides.txt)
cat sides.txt
"$mirrorscope" report -o all.html all > said.txt 2>&1
sed -n 's|^<script type="application/json" id="data">\(.*\)</script>$|\1|p' all.html | jq '.traces[0].storms.rows' > storms.json
must "the page names the job first" is "$(jq -r '.[0].whose' storms.json)" "job 4711, step 0"
must "the page names the pod, too" is "$(jq -r --arg uid "$uid" '[.[] | select(.whose | startswith("pod \($uid), container 4f1c"))] | length > 0' storms.json)" true

# filters, and what they refuse; a step that begins later belongs to the job
mms() { "$mirrorscope" dump "$1" --event inv_start | sed -n 's/.* mm=\(0x[0-9a-f]*\).*/\1/p' | sort -u | wc -l; }
# Whose the most of its invalidations are, the first COUNT of them. Not all: one task compacts or reclaims the memory of another.
busiest() { "$mirrorscope" query --format csv "SELECT job, step, pod FROM processes ORDER BY invalidations DESC LIMIT $2" "$1" | tail -n +2 | tr -d '"\r' | sort | tr '\n' ' '; }
only() {
    local trace=$1
    shift
    "$mirrorscope" record -q -o "$trace" --probes 'inv_*' "$@" 2> /dev/null &
    recorder=$!
    until_ready "$trace"
    begin
    if [ "$trace" = job ]; then
        mkdir -p "$job/step_1/user/task_0"
        in_cgroup "$job/step_1/user/task_0"
        later=$started
    fi
    sleep 6
    rest
    kill -INT $recorder
    wait $recorder
}
only pod --pod "$uid"
must "--pod: only its container" is "$(busiest pod 1)" ",,$uid "
must "--pod: one address space" is "$(mms pod)" 1
only unit --unit slurmstepd.scope
must "--unit: one address space" is "$(mms unit)" 1
must "--unit: only what is in it" is "$(busiest unit 1)" "4711,0, "
only job --job 4711
must "--job: two address spaces" is "$(mms job)" 2
must "--job: both steps, the one that began later too, and nothing else" is "$(busiest job 2)" "4711,0, 4711,1, "
kill -KILL $later
for wrong in '--job 471' "--pod ${uid%1}" '--unit slurmstepd.service'; do
    said=$("$mirrorscope" record -o none $wrong 2>&1)
    must "'$wrong' is refused" is $? 2
    must "'$wrong': in one sentence that says who is meant: $said" grep -qxE "mirrorscope record: there is no (job|pod|unit) '[^']*'; did you mean '(4711|$uid|slurmstepd.scope)'\?.*" <<< "$said"
done

# counted in the kernel
begin
"$mirrorscope" stat -a -d 8 --by job > by_job.txt 2> stat.err
must "stat --by job ends with 0" is $? 0
"$mirrorscope" stat -a -d 8 --by pod --format json > by_pod.json 2>> stat.err
"$mirrorscope" stat -a -d 8 --by cgroup --format json > by_cgroup.json 2>> stat.err
"$mirrorscope" top --batch -i 4s -n 2 --by step > frames.txt 2>> stat.err
"$mirrorscope" exporter --once > without.txt 2>> stat.err
"$mirrorscope" exporter --whose job --listen 127.0.0.1:9436 2> exporter.err &
exporter=$!
reply() { (exec 3<> /dev/tcp/127.0.0.1/9436 && printf 'GET /metrics HTTP/1.0\r\nHost: 127.0.0.1:9436\r\n\r\n' >&3 && cat <&3) 2> /dev/null > metrics.txt; grep -q 'slurm_job="4711"' metrics.txt; }
must "the exporter names the job" until_true 300 0.5 reply
sleep 4
reply
rest
kill -INT $exporter
wait $exporter
cat by_job.txt
must "stat --by job: the job is the first line" is "$(awk '/^JOB/ { getline; print $1; exit }' by_job.txt)" 4711
must "stat --by pod: the pod is a row" is "$(jq --arg uid "$uid" '[.rows[] | select(.pod == $uid and .call == "invalidation") | .calls] | add > 0' by_pod.json)" true
must "stat --by pod: what is in none has more" is "$(jq --arg uid "$uid" '([.rows[] | select(.pod == "(none)" and .call == "invalidation") | .calls] | add) > ([.rows[] | select(.pod == $uid and .call == "invalidation") | .calls] | add)' by_pod.json)" true
must "stat --by cgroup: the job's has the most" is "$(jq -r '[.rows[] | select(.call == "invalidation")] | group_by(.cgroup) | max_by([.[].calls] | add) | .[0].cgroup' by_cgroup.json)" "${job#"$root"}/step_0/user/task_0"
must "top --by step: the step is there" grep -qE '^4711\.0 ' frames.txt
most() { sed -n 's/^mirrorscope_invalidations_total{process="[^"]*",slurm_job="\([^"]*\)",.*} \([0-9.e+]*\)$/\2 \1/p' metrics.txt | awk '{ n[$2] += $1 } END { for (j in n) print n[j], j }' | sort -gr | head -1 | cut -d' ' -f2; }
must "the exporter: the job has the most" is "$(most)" 4711
must "the exporter names nobody unless asked" is "$(grep -c 'slurm_job' without.txt)" 0
kill -KILL $storms $quiet
wait
