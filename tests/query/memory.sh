#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does a query need more memory for a trace that is longer? memory.sh MIRRORSCOPE MAKE_TRACE PEAK_RSS
set -euo pipefail
mirrorscope=$1 make_trace=$2 peak_rss=$3
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
"$make_trace" short 100000 > /dev/null
"$make_trace" long 1000000 > /dev/null
bad=0
for sql in 'SELECT * FROM events' 'SELECT reason, count(*) FROM inv_start GROUP BY reason' 'SELECT * FROM episodes' 'SELECT * FROM callbacks' \
  'SELECT * FROM inv_start ORDER BY time' 'SELECT * FROM processes'; do
  short=$("$peak_rss" "$mirrorscope" query "$sql" short) long=$("$peak_rss" "$mirrorscope" query "$sql" long)
  # SQLite and the packets of two streams are 10 MB; a trace of ten times the records is 90 MB more
  fine=$([ "$long" -lt $((short + 4096)) ] && echo yes || echo no)
  echo "$sql: $short KiB, ten times the records $long KiB: $fine"
  [ $fine = yes ] || bad=1
done
exit $bad
