#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is what cannot be asked one clear sentence and exit 2, and is a trace only read? refused.sh MIRRORSCOPE TRACE
set -euo pipefail
mirrorscope=$1 trace=$(cd "$2" && pwd)
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
bad=0
must() { echo "$1: $2"; [ "$2" = yes ] || bad=1; }

# SENTENCE, then the arguments that are refused with it: one line on standard error, nothing on standard output, exit 2
refused() {
  local sentence=$1 code=0
  shift
  "$mirrorscope" query "$@" > out 2> err || code=$?
  must "\`query $*\`: $sentence (exit $code)" "$([ $code = 2 ] && [ ! -s out ] && [ "$(wc -l < err)" = 1 ] && grep -qF -- "$sentence" err && echo yes || { cat err >&2; echo no; })"
}
answered() {
  local code=0
  "$mirrorscope" query "$@" > out 2> err || code=$?
  must "\`query $*\` (exit $code)" "$([ $code = 0 ] && [ ! -s err ] && echo yes || { cat err >&2; echo no; })"
}

refused 'syntax error' 'SELEC 1' "$trace"
refused 'it is empty' ' ' "$trace"
refused 'it is empty' '-- only this' "$trace"
refused 'no such table: inv_strat; --tables lists them' 'SELECT * FROM inv_strat' "$trace"
refused 'no such column: reson; --schema TABLE lists them' 'SELECT reson FROM inv_start' "$trace"
refused "more than one statement; behind the first stands ' SELECT 2'" 'SELECT 1; SELECT 2' "$trace"
answered 'SELECT 1; -- the first' "$trace"
for sql in "INSERT INTO traces VALUES (1)" "DELETE FROM inv_start" "UPDATE inv_start SET cpu = 1"; do
  refused 'cannot do that: traces are only read' "$sql" "$trace"
done
refused 'ATTACH is refused' "ATTACH 'new.db' AS new" "$trace"
refused 'DETACH is refused' "DETACH main" "$trace"
refused 'PRAGMA is refused' "PRAGMA journal_mode" "$trace"
refused 'is refused' "SELECT * FROM pragma_table_info('inv_start')" "$trace"
refused 'is refused' "CREATE TABLE mine(a)" "$trace"
refused 'is refused' "CREATE TEMP VIEW mine AS SELECT 1" "$trace"
refused 'is refused' "DROP VIEW callbacks" "$trace"
refused 'is refused' "BEGIN" "$trace"
refused 'traces are only read' "VACUUM INTO 'new.db'" "$trace"
refused 'load_extension() is refused' "SELECT load_extension('mine.so')" "$trace"
refused 'no such function: writefile' "SELECT writefile('new', 'text')" "$trace"
refused 'too big' "SELECT randomblob(1000000000)" "$trace"
refused "there is no recipe 'storm'; did you mean 'storms'?" --recipe storm "$trace"
refused "there is no table 'inv_strat'; did you mean 'inv_start'?" --schema inv_strat
refused 'which query?'
refused 'which trace?' 'SELECT 1'
refused 'which trace?' --recipe storms
refused 'cannot open nowhere' 'SELECT 1' nowhere
mkdir empty
refused 'empty' 'SELECT 1' empty
refused 'empty' 'SELECT 1' "$trace" empty
must "nothing was written" "$([ "$(find . -type f | sort | tr '\n' ' ')" = "./err ./out " ] && echo yes || { find .; echo no; })"

# damage is said, and what is whole is answered; what is gone stands in `losses`
cp -r "$trace" cut
truncate -s $(($(stat -c %s cut/cpu_0) / 2)) cut/cpu_0
"$mirrorscope" query --format csv 'SELECT count(*) FROM events' cut > out 2> err
must "half of a stream answers with what it has" "$([ "$(tail -1 out | tr -d '\r')" -gt 1000 ] && grep -q 'cpu_0' err && echo yes || { cat out err >&2; echo no; })"
"$mirrorscope" query --format csv "SELECT cause, until FROM losses" cut > out 2> err
must "and losses says from where on the rest is gone" "$([ "$(tail -1 out | tr -d '\r')" = truncated,-1 ] && echo yes || { cat out err >&2; echo no; })"
rm -r cut/metadata
refused 'metadata' 'SELECT 1' cut

code=0
"$mirrorscope" query 'SELECT * FROM events' "$trace" > /dev/full 2> err || code=$?
must "a full disk is said (exit $code)" "$([ $code = 2 ] && [ "$(wc -l < err)" = 1 ] && grep -q 'cannot write to standard output' err && echo yes || { cat err >&2; echo no; })"
# who reads no more is no reason to go on: the first line, then the end, and not after all of the rows
{ (trap '' PIPE; "$mirrorscope" query 'SELECT a.time FROM events a, events b' "$trace" 2> err || echo $? > code) || true; } | head -1 > out
must "a closed pipe ends it (exit $(cat code))" "$([ "$(cat code)" = 2 ] && [ "$(wc -l < err)" = 1 ] && echo yes || { cat err >&2; echo no; })"
# and so does Ctrl-C
"$mirrorscope" query 'SELECT count(*) FROM events a, events b, events c' "$trace" > out 2> err &
sleep 2  # until it runs
kill -INT $!
code=0
wait $! || code=$?
must "interrupted (exit $code)" "$([ $code = 2 ] && grep -q interrupted err && echo yes || { cat err >&2; echo no; })"
exit $bad
