#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What does `check` say when a good recording of a correct driver has lost a file, or a part of one? edges_test.sh BUILD TRACE
#
# Nothing that is lost makes a violation, nothing that was not judged holds, and "nothing lost" is not said over a loss. What the files
# can lose in other ways, and how often, is tests/property/damage_test.cpp's.
set -uo pipefail
mirrorscope=$1/cli/mirrorscope trace=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
violated() { jq -r '.rules[] | select(.verdict == "violated") | .id' "$1"; }
"$mirrorscope" check --format json "$trace" > "$work/whole.json"
violated "$work/whole.json" > "$work/whole"

# edge WHAT EXPECTED-EXIT-CODE COMMAND: the command damages $v
edge() {
  local what=$1 expected=$2 v=$work/v code=0 new verdicts
  rm -rf "$v"
  cp -r "$trace" "$v"
  (eval "$3")
  "$mirrorscope" check --format text="$work/text" --format json="$work/json" "$v" 2> "$work/said" || code=$?
  new=$(violated "$work/json" | grep -vxF -f "$work/whole" | tr '\n' ' ' || true)
  verdicts=$(jq -r '[.rules[].verdict] | group_by(.) | map("\(length) \(.[0])") | join(", ")' "$work/json")
  echo "$what: exit $code, $verdicts; $(sed -n '/ records /{p;q}' "$work/text")"
  [ "$code" = "$expected" ] || { echo "  NOT OK: exit code $code, not $expected"; bad=1; }
  [ -z "$new" ] || { echo "  NOT OK: violated, and the whole recording has it not: $new"; bad=1; }
  [ "$(jq '[.rules[] | select(.verdict == "holds")] | length' "$work/json")" = 0 ] || { echo "  NOT OK: a rule holds"; bad=1; }
  ! grep -q 'nothing lost' "$work/text" || { echo '  NOT OK: "nothing lost"'; bad=1; }
}

for f in "$trace"/cpu_*; do
  name=${f##*/}
  edge "$name is gone" 3 "rm \$v/$name"
  edge "$name is empty" 3 ": > \$v/$name"
  edge "$name is a directory" 3 "rm \$v/$name; mkdir \$v/$name"
  edge "$name ends at a page in its middle" 3 "truncate -s $(($(stat -c %s "$f") / 8192 * 4096)) \$v/$name"
  edge "one byte of $name is missing" 3 "{ head -c 5000 $f; tail -c +5002 $f; } > \$v/$name"
done
edge "the recorder's stream is gone" 3 'rm $v/about'
edge "the recorder's stream is empty" 3 ': > $v/about'
edge "all streams are gone" 3 'rm $v/about $v/cpu_*'
edge "all streams are cut" 3 'truncate -s 4096 $v/about $v/cpu_*'
[ "$(ls "$trace" | grep -c '^cpu_')" -lt 2 ] || edge "two streams have changed their names" 3 'mv $v/cpu_0 $v/x; mv $v/cpu_1 $v/cpu_0; mv $v/x $v/cpu_1'
exit $bad
