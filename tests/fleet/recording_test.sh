#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The prolog and epilog of packaging/slurm under Debian's slurmd: a node records while jobs run, the trace of a failed job is put aside under its id, and
# nothing that goes wrong there is the job's business. What the recorder hears of on this machine may be nothing at all; that is no matter here.
#
# Usage: recording_test.sh MIRRORSCOPE
set -euo pipefail
mirrorscope=$1
here=$(cd "$(dirname "$0")" && pwd)
scripts=$here/../../packaging/slurm
work=$(mktemp -d)
source "$here/slurm.sh"
slurm_there || { echo "SKIP: no slurmctld and slurmd, or not root"; exit 77; }
"$mirrorscope" record -a -q -d 0.1 -o "$work/try" > "$work/try.log" 2>&1 || { echo "SKIP: nothing can be recorded here: $(head -1 "$work/try.log")"; exit 77; }
trap 'slurm_down; rm -rf "$work"' EXIT
bad=0
complain() { echo "NOT OK: $1"; bad=1; }
cd "$work"

settings() { # LINE...
  printf '%s\n' "archive=$work/archive" "spool=$work/spool" "mirrorscope=$mirrorscope" 'segment=1M segments=2' "$@" > settings
}
for script in prolog epilog; do
  printf '#!/bin/sh\nMIRRORSCOPE_SLURM_SETTINGS=%s exec %s/%s.sh\n' "$work/settings" "$scripts" "$script" > $script
  chmod +x $script
done
settings
# one node is this machine: the other one would be another recorder's
slurm_cpus=2
slurm_up "Prolog=$work/prolog" "Epilog=$work/epilog" PrologFlags=Alloc
scontrol update nodename=n2 state=drain reason=unused

job() { sbatch --parsable --mem=50M -o "$work/%j.out" "${@:2}" --wrap "$1"; }
ends() { # JOB STATE
  slurm_wait 60 "job $1 ends" job_has_ended "$1"
  [ "$(job_state "$1")" = "$2" ] || complain "job $1 is $(job_state "$1"), not $2"
  slurm_wait 60 "the epilog of job $1 has ended" test ! -e "spool/jobs/$1"
}
# Everything of the recorder is gone.
quiet() { slurm_wait 60 "the recorder has ended" test ! -e spool/recorder; [ ! -e spool/current ] || complain "$1: nothing is left in the spool"; }
place=archive/$(uname -n)/$(cat /proc/sys/kernel/random/boot_id)
kept() { [ -e "$place/$1/trace" ]; }
judged() { # TRACE: can it be read, to its end?
  "$mirrorscope" check --format json "$1" > check.json || [ $? = 3 ]
  jq -e '.probes | length > 0' check.json > /dev/null || complain "$1 says which probes there were"
}

id=$(job 'sleep 0.5; test -e '"$work"'/spool/current/about/metadata')
ends "$id" COMPLETED  # it was recorded while it ran
quiet "a job that is well"
! kept "$id" || complain "the trace of a job that is well is not kept"

id=$(job 'sleep 0.5; exit 3')
ends "$id" FAILED
quiet "a job that fails"
kept "$id" || complain "the trace of a job that fails is put aside"
judged "$place/$id/trace"
jq -e '.ended' check.json > /dev/null || complain "its recording was ended in order"
grep -qx 'exit=3:0' "$place/$id/job" && grep -qx "job=$id" "$place/$id/job" && grep -qx 'node=n1' "$place/$id/job" || complain "what is said of the job"
grep -q "job $id: failed with 3:0: its trace is " spool/log || complain "the log says where it is"

# two at once: one recorder; what one of them leaves behind is a copy, and the other goes on
long=$(job 'sleep 100')
slurm_wait 60 "the long job runs" test -e spool/recorder
recorder=$(cat spool/recorder)
id=$(job 'exit 1')
ends "$id" FAILED
kept "$id" || complain "the trace of the job that fails is put aside while another runs"
judged "$place/$id/trace"
[ "$(cat spool/recorder)" = "$recorder" ] || complain "the recorder of the other goes on"

# one that is cancelled looks well to the epilog
scancel "$long"
ends "$long" CANCELLED
quiet "a cancelled job"
kept "$long" || complain "the trace of a job that is cancelled is put aside"
judged "$place/$long/trace"

# what goes wrong is said in one sentence, and the job does not notice
settings 'record_options=(--cgroup /nowhere)'
id=$(job 'exit 0')
ends "$id" COMPLETED
grep -q "job $id: cannot record: mirrorscope record: .*/nowhere" spool/log || { complain "why nothing is recorded is said"; cat spool/log; }
settings "mirrorscope=$work/none"
id=$(job 'exit 5')
ends "$id" FAILED
grep -q "job $id: failed with 5:0, and there is no trace of it" spool/log || complain "a failed job without a trace"
settings "archive=/proc/nowhere"
id=$(job 'exit 5')
ends "$id" FAILED
grep -q "job $id: cannot put the trace aside: no directory /proc/nowhere/" spool/log || complain "an archive that is not there"
quiet "an archive that is not there"
settings "spool=/proc/nowhere"
id=$(job 'exit 0')
slurm_wait 60 "job $id ends" job_has_ended "$id"
[ "$(job_state "$id")" = COMPLETED ] || complain "a job where there is no spool is $(job_state "$id")"
[ "$(sinfo -h -n n1 -o %T)" = idle ] || complain "the node is $(sinfo -h -n n1 -o %T)"

# what is in the archive is checked as a fleet, and thinned out: the oldest goes first, what is marked stays
settings
"$mirrorscope" fleet check archive --results results > out 2> err || [ $? = 3 ] || complain "the archive is checked"
grep -q ' 3 traces, 3 to check ' err || complain "three traces are in the archive"
mapfile -t jobs < <(ls -tr "$place")
touch "$place/${jobs[0]}/keep"
settings keep_bytes=1
MIRRORSCOPE_SLURM_SETTINGS=$work/settings "$scripts/thin.sh" > out
[ "$(ls "$place")" = "${jobs[0]}" ] || complain "the archive is thinned out: $(ls "$place")"
rm "$place/${jobs[0]}/keep"
settings
touch -d '31 days ago' "$place/${jobs[0]}"
MIRRORSCOPE_SLURM_SETTINGS=$work/settings "$scripts/thin.sh" > out
[ -z "$(ls archive)" ] || complain "what is older than 30 days goes, and empty directories with it"
exit $bad
