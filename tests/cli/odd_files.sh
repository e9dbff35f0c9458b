#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Files that are not what an option expects, and outputs that take nothing: one sentence, exit code 2, at once.
#
# Usage: odd_files.sh MIRRORSCOPE MAKE_TRACE
set -uo pipefail
mirrorscope=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
bad=0
complain() { echo "FAILED: $1"; bad=1; }
"$2" trace 20000 3 2 > /dev/null

# refuses WHAT COMMAND...: exit code 2 within ten seconds and one sentence, of this program and not of the C++ library
refuses() {
  local what=$1 code=0; shift
  timeout 10 "$@" > out 2> err || code=$?
  [ "$code" = 2 ] || complain "$what: exit $code: $(head -c 300 err)"
  [ "$(wc -l < err)" = 1 ] || complain "$what: $(wc -l < err) lines on standard error: $(head -c 500 err)"
  grep -q '^mirrorscope' err || complain "$what: $(head -c 300 err)"
  ! grep -q 'this is a bug' err || complain "$what: nobody expected that: $(cat err)"
}

# files that are read for an option
mkfifo fifo
mkdir folder
truncate -s 64G sparse
printf '\377\376{' > bytes
head -c 3000000 /dev/zero | tr '\0' '[' > deep
n=0
for json in 1 null '"x"' '[]' '{}' '{"format":1}' '{"format":null}' '{"format":{}}' '{"format":"mirrorscope-baseline-1"}' \
  '{"format":"mirrorscope-baseline-1","findings":1}' '{"format":"mirrorscope-baseline-1","findings":[1]}' '{"format":"mirrorscope-baseline-1","findings":[{}]}' \
  '{"format":"mirrorscope-baseline-1","findings":[{"key":1}]}' '{"format":"mirrorscope-baseline-1","findings":[{"key":[[[["x"]]]]}]}' \
  '{"format":"mirrorscope-baseline-1","findings":{"key":"x"}}' '{"format":"mirrorscope-baseline-1","findings":[{"key":"x"}' ''; do
  n=$((n + 1))
  printf %s "$json" > "wrong$n.json"
  refuses "--baseline that is $json" "$mirrorscope" check --baseline "wrong$n.json" trace
done
for file in fifo folder /dev/zero /dev/tty sparse bytes deep nothing $'no\n::error::such\033[31m'; do
  refuses "--baseline that is $(printf %q "$file")" "$mirrorscope" check --baseline "$file" trace
  for command in check explain report dump conform 'export --format csv'; do refuses "a trace that is $(printf %q "$file")" "$mirrorscope" $command "$file"; done
done
! LC_ALL=C grep -q $'[\001-\010\013-\037]' err || complain "a name of a file reaches the terminal as it is"

# files and folders that are written
for output in folder folder/no/such/place; do
  refuses "check -o $output" "$mirrorscope" check -o "$output" trace
  refuses "check --write-baseline $output" "$mirrorscope" check --write-baseline "$output" trace
  refuses "report -o $output" "$mirrorscope" report -o "$output" trace
  refuses "export -o $output" "$mirrorscope" export --format csv -o "$output" trace
done
refuses "threads" "$mirrorscope" check --jobs 100000 trace
refuses "threads" "$mirrorscope" report --jobs 4294967295 -o - trace
refuses "threads" "$mirrorscope" explore --all --jobs 100000

# whatever is printed may find no room, or nobody
commands=(--help --version 'check --help' version rules 'rules --json' 'rules --markdown' 'rules show SEQ-01' events 'events --fields' 'events --markdown'
  'check trace' 'check --format json trace' 'check --format junit trace' 'check --format sarif trace' 'report -o - trace' 'explain trace' 'dump trace' 'dump --json trace'
  'dump --limit 1 trace' 'conform trace' 'conform --format json trace' 'export --format csv trace' 'export --format chrome trace' 'export --format perfetto trace'
  'export --format notifiers trace' 'export --format ctf-text trace' 'explore --list' 'explore hmm_mirror --mutant skip_read_retry')
"$mirrorscope" exporter --print docs > /dev/null 2>&1 && commands+=('exporter --print docs')
for command in "${commands[@]}"; do
  refuses "$command > /dev/full" bash -c '"$@" > /dev/full' - "$mirrorscope" $command
  refuses "$command >&-" bash -c '"$@" >&-' - "$mirrorscope" $command
done
# doctor says more than one sentence where nothing can be recorded
"$mirrorscope" doctor > /dev/full 2> err
[ $? = 2 ] || complain "doctor > /dev/full"
# a reader that has gone, under a parent that ignores SIGPIPE
(
  trap '' PIPE
  { "$mirrorscope" dump trace; echo $? > code; } 2> err | :
)
[ "$(cat code)" = 2 ] && grep -q '^mirrorscope: cannot write to standard output' err || complain "dump | (nobody): $(cat code err)"
"$mirrorscope" check --format json trace > /dev/null || complain "the trace is no longer what it was"
exit $bad
