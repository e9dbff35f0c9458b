#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Results that are merged: do parts add up to the whole, is what is missing said by name, and is nothing then better than inconclusive?
source "$(dirname "$0")/words.sh"
make_trace=${3:?path of make_trace}
trace driver_bug application_mistake doubt all_well
mkdir property
(cd property && python3 "$here/merge_property.py" "$mirrorscope" "$case_trace" "$make_trace" "$here/../rules" "${TRACES:-200}" "${SEED:-20}") || complain "see above"

for t in driver_bug application_mistake doubt all_well; do
  "$mirrorscope" check --format json -o $t.json --rules SEQ-01,REG-05 $t || true
done
"$make_trace" made_a 3000 2 2 > /dev/null
"$make_trace" made_b 3000 2 2 > /dev/null
for t in made_a made_b; do "$mirrorscope" check --format json -o $t.json $t > /dev/null; done
merge=("$mirrorscope" merge)
# says KIND PATTERN: the merged result in `out` has that problem, and it is on standard error, too
says() {
  grep -qE "^mirrorscope merge: ${2#^}" err || { complain "not on standard error: $2"; cat err; }
  [ "$(jq --arg kind "$1" --arg says "$2" '[.problems[] | select(.kind == $kind and (.says | test($says)))] | length' out)" -ge 1 ] ||
    { complain "no problem of the kind $1: $2"; jq -c .problems out; }
}
expect() { printf "$@" > expected.txt; }
never_better() { [ "$(jq '[.rules[] | select(.verdict != "violated" and .verdict != "inconclusive")] | length' out)" = 0 ] || complain "$1: a rule is better than inconclusive"; }

# as check of one
exits 0 "${merge[@]}" made_a.json made_b.json
exits 1 "${merge[@]}" driver_bug.json
exits 0 "${merge[@]}" application_mistake.json
exits 1 "${merge[@]}" --strict hazard application_mistake.json
exits 3 "${merge[@]}" doubt.json
exits 3 "${merge[@]}" --require 'MIG-*' made_a.json
exits 1 "${merge[@]}" all_well.json driver_bug.json doubt.json
exits 0 "${merge[@]}" --write-baseline known.json driver_bug.json
exits 0 "${merge[@]}" --baseline known.json driver_bug.json
exits 0 "$mirrorscope" check --baseline known.json driver_bug
rm known.json

# what is wrong with the whole
json=("${merge[@]}" --format json)
expect 'made_a\nmade_b.json\n%s\n# nothing\n\n' "$(uname -n)"
exits 0 "${json[@]}" --expect expected.txt made_a.json made_b.json
expect 'made_a\nnode17\t0\n'
exits 3 "${json[@]}" --expect expected.txt made_a.json
says missing '^node17 is expected and not there'
never_better "a part is missing"
cp out partial.out
exits 3 "${json[@]}" partial.out made_b.json
says missing '^node17 is expected'
expect 'made_a\t0\nmade_b\t137\n'
exits 3 "${json[@]}" --expect expected.txt made_a.json made_b.json
says died '^made_b is of a check that ended with 137'
never_better "a check died"
expect 'made_b\t9\n'
exits 3 "${json[@]}" --expect expected.txt made_a.json
says died '^made_b is of a check that ended with 9, and left nothing'
exits 3 "${json[@]}" made_a.json made_b.json made_a.json
says twice '^made_a is there 2 times, and was counted once: made_a.json, made_a.json'
never_better "a part is there twice"
[ "$(jq .records out)" = "$(jq -s '[.[].records] | add' made_a.json made_b.json)" ] || complain "a part that is there twice is counted twice"
cp -r made_a copy_of_a
"$mirrorscope" check --format json -o copy.json copy_of_a > /dev/null
exits 3 "${json[@]}" copy.json made_a.json
says twice '^copy_of_a is there 2 times'
jq '.records += 1' made_a.json > changed.json
exits 3 "${json[@]}" changed.json made_a.json
says differs '^made_a has results that differ'
jq '.result.version = 2' made_a.json > version.json
exits 3 "${json[@]}" version.json made_b.json
says other_version '^version.json is of another version: it is a result of version 2'
never_better "a part is of another version"
jq 'del(.result)' made_a.json > old.json
exits 3 "${json[@]}" old.json made_b.json
says other_version '^old.json is of another version'
jq '.rules[0].id = "XYZ-99"' made_a.json > rule.json
exits 3 "${json[@]}" rule.json made_b.json
says other_version '^rule.json is of another version: this mirrorscope has no rule XYZ-99'
jq '.result.mirrorscope = "0.0.1"' made_a.json > judge.json
exits 3 "${json[@]}" judge.json made_b.json
says other_version '^made_a was judged by mirrorscope 0.0.1'
never_better "another version judged"
head -c -40 made_a.json > cut.json
exits 3 "${json[@]}" cut.json made_b.json
says unreadable '^cut.json is cut'
never_better "a part is cut"
cat made_b.json cut.json > second.json
exits 3 "${json[@]}" second.json
says unreadable '^second.json is cut.*\(result 2 in it\)'
[ "$(jq .result.judged out)" = 1 ] || complain "what stands in front of the cut is not read"
: > empty.json
exits 3 "${json[@]}" empty.json made_b.json
says unreadable '^empty.json is empty: the check that should have written it died'
never_better "a check died"
exits 3 "${json[@]}" nowhere.json made_b.json
says unreadable '^nowhere.json could not be read'
exits 1 "${json[@]}" empty.json driver_bug.json
[ "$(jq -r '.rules[] | select(.id == "SEQ-01").verdict' out)" = violated ] || complain "a problem takes a violation away"
# rules that were not asked of every trace
exits 3 "${json[@]}" all_well.json made_a.json
grep -q 'were checked without this rule' <<< "$(jq -r '.rules[] | select(.id == "ORD-01").reason' out)" || complain "a rule that was not judged everywhere"

# a trace that cannot be judged is in the result of its check
mkdir not_a_trace
exits 2 "$mirrorscope" check --format json -o failed.json made_a not_a_trace
[ "$(jq -s length failed.json)" = 2 ] || complain "a trace that cannot be judged leaves no object"
[ "$(jq -s '[.[].rules[]] | length' failed.json)" = "$(jq '.rules | length' made_a.json)" ] || complain "it has rules"
exits 3 "${json[@]}" failed.json
says failed '^not_a_trace could not be judged: '
exits 2 "$mirrorscope" check --format json not_a_trace
[ "$(jq -r .result.trace.path out)" = not_a_trace ] || complain "a check that can judge nothing says nothing"

# files that are none
for text in '' null 1 '[]' '{}' '{"format":1}' '{"format":"mirrorscope-check-1"}' '{"format":"mirrorscope-check-1","result":{"version":1}}' \
  '{"format":"mirrorscope-check-1","result":{"version":1,"trace":{"path":"x"}}}' '{"format":"mirrorscope-check-1","result":{"version":-1,"trace":[]}}' \
  '{"format":"mirrorscope-merged-1","result":{"version":1},"parts":[1]}' '{"format":"mirrorscope-merged-1","result":{"version":1},"parts":{}}' '{"a":"' '}{' 'xx'; do
  printf %s "$text" > none.json
  exits 2 "${json[@]}" none.json
  [ "$(jq '.problems | length' out)" = 1 ] && [ "$(wc -l < err)" = 2 ] || { complain "a file that has $text"; cat err; }
done
head -c 3000000 /dev/zero | tr '\0' '[' > none.json
exits 2 "${json[@]}" none.json
(printf '{"a":'; head -c 3000000 /dev/zero | tr '\0' '[') > none.json
exits 2 "${json[@]}" none.json
printf '{"format":"mirrorscope-check-1","result":{"version":1,"error":"\\u001b[31m\\nx","trace":{"path":"a\\n::error::b"}}}' > hostile.json
exits 3 "${merge[@]}" --format text --format github=github.out hostile.json
! LC_ALL=C grep -q $'[\001-\010\013-\037]' out err github.out || complain "what a result says reaches the terminal as it is"
! grep -q '^::error' github.out || complain "a result gives a command to GitHub"
mkdir folder
exits 2 "${merge[@]}" folder
grep -q 'there is no \*.json below folder' err || complain "an empty folder"
expect 'a\tb\n'
exits 2 "${merge[@]}" --expect expected.txt made_a.json
grep -q "is no list of parts: line 1: 'b' is no exit status" err || { complain "an exit status that is none"; cat err; }
exits 2 "${merge[@]}" -o /dev/full made_a.json
exits 2 "${merge[@]}" --format yaml made_a.json

# a folder, and what is written into it
mkdir -p results/sub
cp made_a.json results; cp made_b.json results/sub
exits 0 "${merge[@]}" --format json -o results/all.json results
exits 0 "${merge[@]}" --format json -o results/all.json results
[ "$(jq -c '[.parts[].result.trace.path]' results/all.json)" = '["made_a","made_b"]' ] || complain "a folder is not what is below it, or its own result is in it"

# every format speaks of it
expect 'node4\n'
jq '.result.trace.host = "node2" | .result.trace.uuid = "2"' driver_bug.json > node2.json
jq '.result.trace.host = "node1"' driver_bug.json > node1.json
jq '.result.trace.host = "node3"' all_well.json > node3.json
: > node2.html
exits 1 "${merge[@]}" --format text --format junit=all.xml --format sarif=all.sarif --format markdown=all.md --format ktap=all.ktap --format github=all.github \
  --expect expected.txt node1.json node2.json node3.json
grep -q '^missing: node4 is expected and not there' out || { complain "text: problems"; cat out; }
grep -A2 '^hosts, worst first' out | tail -1 | grep '^  node[12] ' > /dev/null || { complain "text: hosts"; cat out; }
grep -qE '^  node2 .*driver_bug +node2.html$' out || { complain "text: no way to a host's own page"; cat out; }
grep -q '2 times in 2 of 3 traces, first in driver_bug of node[12]' out || { complain "text: where a finding is"; cat out; }
[ "$(xmllint --xpath 'count(//testcase[error])' all.xml)" = 1 ] && [ "$(xmllint --xpath 'count(//testcase[@classname="mirrorscope.hosts"])' all.xml)" = 3 ] ||
  { complain "JUnit: problems and hosts"; cat all.xml; }
[ "$(xmllint --xpath 'string(/testsuites/@tests)' all.xml)" = "$(xmllint --xpath 'count(//testcase)' all.xml)" ] || complain "JUnit: counts"
[ "$(jq '[.runs[].results[].occurrenceCount] | add' all.sarif)" = 2 ] && grep -q 'node4 is expected' all.sarif || complain "SARIF"
grep -q '^- \*\*missing\*\*: node4' all.md && grep -q '^| node2 | 1 | 1 hard' all.md || { complain "Markdown"; cat all.md; }
grep -q '^    not ok .* missing node4' all.ktap && grep -q '^not ok 1 3 traces of 3 hosts' all.ktap || { complain "KTAP"; cat all.ktap; }
grep -q '^::warning title=missing::node4' all.github || { complain "GitHub"; cat all.github; }
exit $bad
