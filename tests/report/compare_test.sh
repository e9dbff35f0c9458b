#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does compare name what differs, and nothing where nothing does?
source "$(dirname "$0")/words.sh"
make_trace=${3:?path of make_trace}
pairs=${PAIRS:-20} records=${RECORDS:-40000}
trace driver_bug all_well

load() { # NAME SEED [CALLBACK_NS] [MET]: a result
  "$make_trace" "$1" "$records" 4 2 8 "${@:2}" > /dev/null
  "$mirrorscope" check --format json -o "$1.json" "$1" > /dev/null || true
}
compare=("$mirrorscope" compare)
# named ALL PATTERN...: a number is named for each pattern, and none besides
named() {
  local what=$1; shift
  local pattern
  for pattern in "$@"; do
    jq -e --arg p "$pattern" '[.numbers[].name | select(test($p))] | length > 0' out > /dev/null || { complain "$what: $pattern is not named"; jq -c '.numbers[]' out; }
  done
  jq -e --arg p "$(IFS='|'; echo "$*")" '[.numbers[].name | select(test($p) | not)] | length == 0' out > /dev/null || { complain "$what: others are named"; jq -c '.numbers[]' out; }
}

# the same load twice
for i in $(seq "$pairs"); do
  load "one_$i" $((2 * i))
  load "two_$i" $((2 * i + 1))
  "${compare[@]}" --format json "one_$i.json" "two_$i.json" > out || complain "pair $i: exit $?"
  [ "$(jq -c '[.verdicts, .findings, .numbers]' out)" = '[[],[],[]]' ] || { complain "pair $i: the same load differs"; jq -c '.verdicts[], .findings[], .numbers[]' out; }
  [ "$(jq .compared out)" -ge 10 ] || complain "pair $i: only $(jq .compared out) numbers were compared"
done

# a callback that is 20 % slower
load slower 1001 2400
exits 1 "${compare[@]}" --format json one_1.json slower.json
named "a slower callback" '^0xffffffffc0a01000 \(.*\): own time'
[ "$(jq '[.numbers[] | select(.name | test("median")) | .from < 0.2 and .until > 0.2 and .worse] | all' out)" = true ] || { complain "it is 20 % slower"; jq -c '.numbers[]' out; }
exits 0 "${compare[@]}" --fail-on none one_1.json slower.json
exits 0 "${compare[@]}" slower.json one_1.json
grep -q 'numbers that differ by more than noise' out || complain "what got better is not named"

# narrow notifiers, and wide ones
load narrow 1002 2000 25
exits 0 "${compare[@]}" --format json one_1.json narrow.json
named "narrow notifiers" '^callbacks of '
exits 1 "${compare[@]}" --format json narrow.json one_1.json
named "wide notifiers" '^callbacks of '

# four runs on a side: their spread is the noise; and a trace is as good as its result
sides=()
for i in 1 2 3 4; do sides+=(--before "one_$i.json" --after "two_$i"); done
exits 0 "${compare[@]}" --format json "${sides[@]}"
named "four runs"
[ "$(jq -c '[.before.runs, .after.runs]' out)" = '[4,4]' ] || complain "four runs are not four"

# what was lost is said of each side, and of many runs it is a number like others
sides=()
for i in 1 2 3 4; do
  jq ".lost = $((5000 + i))" "two_$i.json" > "lossy_$i.json"
  sides+=(--before "one_$i.json" --after "lossy_$i.json")
done
"${compare[@]}" --fail-on none one_1.json lossy_1.json > out || complain "a run with losses: exit $?"
grep -qE '^after: .*, 5,001 of [0-9,]* records lost$' out && ! grep -q '^before: .*lost' out || { complain "losses of a side"; head -3 out; }
"${compare[@]}" --fail-on none --format json "${sides[@]}" > out || complain "runs with losses: exit $?"
jq -e '.before.lost == 0 and .after.lost == 20010 and ([.numbers[] | select(.name == "records lost" and .worse)] | length == 1)' out > /dev/null || { complain "records lost is a number"; jq -c '.before, .after, .numbers[]' out; }

# verdicts and findings
"$mirrorscope" check --format json -o bug.json driver_bug > /dev/null || true
exits 1 "${compare[@]}" all_well bug.json
grep -q 'SEQ-01 sequence_not_stored: .* -> violated' out && grep -q '^new findings:' out || { complain "a new finding"; cat out; }
exits 0 "${compare[@]}" bug.json all_well
grep -q '^findings that are gone:' out || { complain "a finding that is gone"; cat out; }
exits 1 "${compare[@]}" --format junit all_well driver_bug
[ "$(xmllint --xpath 'count(//failure)' out)" = "$(xmllint --xpath 'string(/testsuites/@failures)' out)" ] || complain "JUnit: failures"
exits 1 "${compare[@]}" --format markdown all_well driver_bug
grep -q '^| \*\*new\*\* | ' out || { complain "Markdown"; cat out; }

exits 2 "${compare[@]}" bug.json
exits 2 "${compare[@]}" bug.json nowhere
exits 2 "${compare[@]}" --format yaml bug.json bug.json
exits 2 "${compare[@]}" -o /dev/full bug.json bug.json
: > empty.json
cat empty.json bug.json > both.json
exits 3 "${compare[@]}" --before both.json --before bug.json --after bug.json
exit $bad
