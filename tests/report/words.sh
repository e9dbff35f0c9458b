# SPDX-License-Identifier: Apache-2.0
# The words in which the scripts here are written. Arguments: mirrorscope, case_trace.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mirrorscope=${1:?path of mirrorscope} case_trace=${2:?path of case_trace}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
complain() { echo "FAILED: $1"; bad=1; }

# trace CASE...: each becomes the trace $work/CASE, and that is the current directory, so that reports name it shortly
trace() {
  local name
  for name in "$@"; do "$case_trace" "$here/findings.cases" "$name" "$work/$name"; done
  cd "$work"
}
# same FILE COMMAND...: what the command prints is what stands in expected/FILE; WRITE=1 puts it there
same() {
  local file=$here/expected/$1; shift
  if [ "${WRITE:-}" = 1 ]; then "$@" > "$file" || true
  elif ! diff -u "$file" <("$@"); then complain "$* is not what $file says; WRITE=1 makes it anew"; fi
}
# exits CODE COMMAND...: its output is in $work/out and $work/err
exits() {
  local want=$1 code=0; shift
  "$@" > "$work/out" 2> "$work/err" || code=$?
  [ "$code" = "$want" ] || { complain "$*: exit $code, expected $want"; cat "$work/out" "$work/err"; }
}
narrow() { ! awk 'length > 80' "$1" | grep . || complain "$1 has lines over 80 columns"; }
