#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Epilog of Slurm: puts the trace of a failed job aside under its id, and ends recording when no job is left on the node. Never fails the job or drains
# the node.
source "$(dirname "$(readlink -f "$0")")/settings.sh"

# "3:0" and the like of a job that failed, nothing of one that did not. Slurm gives the epilog what wait(2) said.
failure() {
  local code=${SLURM_JOB_EXIT_CODE:-0} text
  if [ "$code" != 0 ]; then
    echo "$((code >> 8)):$((code & 127))"
  elif [ "$ask_slurm" = yes ]; then
    text=$(timeout 10 scontrol -o show job "$SLURM_JOB_ID" 2> /dev/null | grep -o ' ExitCode=[0-9]*:[0-9]*' | head -1)
    [ "$text" = "" ] || [ "$text" = " ExitCode=0:0" ] || echo "${text# ExitCode=}"
  fi
}

stop() { # the recorder; what it has is written when it has ended
  local pid end=$((SECONDS + patience))
  pid=$(recorder) || return 0
  kill -INT "$pid"
  while [ -n "$(recorder)" ]; do
    [ "$SECONDS" -lt "$end" ] || { say "the recorder does not end after $patience s"; kill -KILL "$pid"; break; }
    sleep 0.1
  done
}

put_aside() { # FAILURE cp|mv
  local place=$archive/$(uname -n)/$(cat /proc/sys/kernel/random/boot_id)/$SLURM_JOB_ID
  [ "${SLURM_JOB_RESTART_COUNT:-0}" = 0 ] || place+=.$SLURM_JOB_RESTART_COUNT
  [ -e "$spool/current" ] || { say "failed with $1, and there is no trace of it"; return; }
  mkdir -p "$place.part" || { say "cannot put the trace aside: no directory $place.part"; return; }
  { echo "job=$SLURM_JOB_ID"; echo "user=${SLURM_JOB_USER:-}"; echo "exit=$1"; echo "node=${SLURMD_NODENAME:-}"; echo "nodes=${SLURM_NODELIST:-}"
    echo "began=$(cat "$spool/jobs/$SLURM_JOB_ID" 2> /dev/null)"; echo "ended=$(date -u +%FT%TZ)"; } > "$place.part/job"
  if [ "$2" = mv ]; then mv "$spool/current" "$place.part/trace"; else cp -r "$spool/current" "$place.part/trace"; fi ||
    { say "cannot put the trace aside into $place"; rm -rf "$place.part"; return; }
  rm -rf "$place" && mv "$place.part" "$place" && say "failed with $1: its trace is $place/trace"
}

main() {
  local why left
  exec 9> "$spool/lock" || return
  flock -w "$patience" 9 || { say "its trace is not put aside: another prolog or epilog of this node does not end"; return; }
  why=$(failure)
  left=$(ls "$spool/jobs" | grep -cvx "$SLURM_JOB_ID")
  if [ "$left" != 0 ]; then
    # others still run here. A recording is a whole trace at every instant; so is a copy of it
    [ -z "$why" ] || put_aside "$why" cp
  else
    stop
    [ -z "$why" ] || put_aside "$why" mv
    rm -rf "$spool/current" "$spool/recorder"
  fi
  rm -f "$spool/jobs/$SLURM_JOB_ID"
}
main
exit 0
