#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Prolog of Slurm: sees to it that this node records while a job runs on it. Never fails the job: what went wrong is in the system's log.
#
# slurm.conf: Prolog=.../prolog.sh, Epilog=.../epilog.sh, PrologFlags=Alloc (else it runs at a job's first step)
source "$(dirname "$(readlink -f "$0")")/settings.sh"

start() {
  rm -rf "$spool/current" "$spool/recorder"
  # slurmd ends the process group of a prolog that has ended
  setsid "$mirrorscope" record -q "${record_options[@]}" --max-size "$segment" --max-files "$segments" -o "$spool/current" \
    < /dev/null > "$spool/recorder.log" 2>&1 9>&- &
  local pid=$! end=$((SECONDS + patience))
  echo "$pid $(since "$pid")" > "$spool/recorder"
  until "$mirrorscope" dump --event ready "$spool/current" 2> /dev/null | grep . > /dev/null; do
    [ -n "$(since "$pid")" ] || { say "cannot record: $(recorder_said)"; return; }
    [ "$SECONDS" -lt "$end" ] || { say "the recorder is not ready after $patience s; the job begins without it"; return; }
    sleep 0.1
  done
}

main() {
  mkdir -p "$spool/jobs" && chmod 0700 "$spool" || { say "cannot record: no directory $spool"; return; }
  exec 9> "$spool/lock" || { say "cannot record: no file $spool/lock"; return; }
  flock -w "$patience" 9 || { say "cannot record: another prolog or epilog of this node does not end"; return; }
  # jobs that a reboot ended have no epilog
  [ "$(cat "$spool/boot" 2> /dev/null)" = "$(cat /proc/sys/kernel/random/boot_id)" ] || rm -f "$spool"/jobs/*
  cat /proc/sys/kernel/random/boot_id > "$spool/boot"
  date -u +%FT%TZ > "$spool/jobs/$SLURM_JOB_ID"
  [ -n "$(recorder)" ] || start
}
main
exit 0
