#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What prolog.sh, epilog.sh and thin.sh agree on: where things lie, how much is kept. Sourced; /etc/mirrorscope/slurm changes any of it.

archive=/var/lib/mirrorscope/archive     # traces of failed jobs: HOST/BOOT/JOB/; a directory that all nodes share, or one of each node
spool=/var/spool/mirrorscope             # of this node: the recording that runs
record_options=(--system-wide)           # what is recorded, and how; see `mirrorscope record --help`
segment=64M segments=8                   # the newest so many, each so large: what is put aside of a job is at most segment * segments, and the last of it
patience=20                              # seconds that a job waits for the recorder to be ready, and a recorder has to end
ask_slurm=yes                            # a job that was cancelled or ran out of time looks well to the epilog: ask the controller, too
keep_days=30 keep_bytes=$((200 << 30))   # what thin.sh leaves in the archive
mirrorscope=mirrorscope
export PATH=${PATH:-/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin}  # slurmd may give none

settings=${MIRRORSCOPE_SLURM_SETTINGS:-/etc/mirrorscope/slurm}
# shellcheck source=/dev/null
[ ! -r "$settings" ] || source "$settings"

# To the system's log, and to one that can be looked at on the node.
say() {
  logger -t mirrorscope -- "job ${SLURM_JOB_ID:-?}: $1" 2> /dev/null || true
  echo "$(date -u +%FT%TZ) job ${SLURM_JOB_ID:-?}: $1" >> "$spool/log" 2> /dev/null || true
}
# Since when a process runs, in ticks: with it, a process id is one that is not used again (proc(5), stat). Nothing if it has ended, reaped or not.
since() { sed 's/.*) //' "/proc/$1/stat" 2> /dev/null | awk '$1 != "Z" { print $20 }'; }
# The process id of this node's recorder, if it runs.
recorder() {
  local pid began
  read -r pid began 2> /dev/null < "$spool/recorder" && [ -n "$began" ] && [ "$(since "$pid")" = "$began" ] && echo "$pid"
}
# What the recorder said, in one line; the list of probes that follows is not for a log.
recorder_said() { grep -m1 '^mirrorscope' "$spool/recorder.log" 2> /dev/null || echo "it said nothing"; }
