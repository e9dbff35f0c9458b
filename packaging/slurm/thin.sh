#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Thins an archive out: jobs older than keep_days go, and then the oldest until no more than keep_bytes are left. A job with a file `keep` stays.
#
# thin.sh: from cron or a timer, on one machine that sees the archive. Says what it takes away.
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/settings.sh"
cd "$archive"
now=$(date +%s) sum=0
# the newest first: "time directory"; what is being put aside ends in .part, and is somebody's unless it is a day old
while read -r time job; do
  [ ! -e "$job/keep" ] || continue
  bytes=$(du -sb -- "$job" | cut -f1)
  case $job in *.part) [ $((now - time)) -gt 86400 ] || continue ;; esac
  if [ $((now - time)) -gt $((keep_days * 86400)) ] || [ $((sum + bytes)) -gt "$keep_bytes" ] || [[ $job == *.part ]]; then
    echo "thin: $job, $bytes bytes"
    rm -rf -- "$job"
  else
    sum=$((sum + bytes))
  fi
done < <(find . -mindepth 3 -maxdepth 3 -type d -printf '%Ts %P\n' 2> /dev/null | sed 's/^\([0-9]*\)[.0-9]* /\1 /' | sort -rn)
find . -mindepth 1 -maxdepth 2 -type d -empty -delete
