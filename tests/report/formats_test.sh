#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Do all formats of check say the same, each in the way that its readers expect?
source "$(dirname "$0")/words.sh"
trace driver_bug application_mistake doubt all_well probes two_mistakes
all=(driver_bug application_mistake doubt all_well)
check=("$mirrorscope" check --rules 'SEQ-01,REG-05')

same github.txt "${check[@]}" --format github "${all[@]}"
same markdown.txt "${check[@]}" --format markdown "${all[@]}"
same ktap.txt "${check[@]}" --format ktap "${all[@]}"
same junit.xml "${check[@]}" --format junit "${all[@]}"

# several at once, and the exit code is that of the verdict whatever the format
exits 1 "${check[@]}" --format junit=all.xml --format sarif=all.sarif --format text --format json=all.json "${all[@]}"
grep -q '^violated SEQ-01' out || complain "text goes to standard output"
for format in text json markdown junit sarif ktap github; do
  exits 1 "${check[@]}" --format "$format" driver_bug
  exits 0 "${check[@]}" --format "$format" application_mistake
  exits 1 "${check[@]}" --strict hazard --format "$format" application_mistake
  exits 3 "${check[@]}" --format "$format" doubt
  exits 0 "${check[@]}" --format "$format" all_well
done

# the same numbers in each
verdicts() { jq -s "[.[].rules[] | select($1)] | length" all.json; }
value() { xmllint --xpath "string(/testsuites/@$1)" all.xml; }
[ "$(value tests)" = 8 ] || complain "JUnit: two rules of four traces"
[ "$(value failures)" = "$(verdicts '.verdict == "violated" and .level == "hard"')" ] || complain "JUnit: failures"
[ "$(value errors)" = "$(verdicts '.verdict == "inconclusive" and .level == "hard"')" ] || complain "JUnit: errors"
[ "$(xmllint --xpath 'count(//testcase[failure])' all.xml)" = "$(value failures)" ] || complain "JUnit: a failure per failure"
[ "$(jq '[.runs[].results[].occurrenceCount] | add' all.sarif)" = "$(jq -s '[.[].rules[].broken] | add' all.json)" ] ||
  complain "SARIF: every breach is counted in a result"

# what is proven before what is in doubt, and of each the worst first
for name in two_mistakes doubt; do
  "$mirrorscope" check "$name" > out || [ $? -ne 2 ] || complain "$name cannot be checked"
  sed -nE 's/^(violated|inconclusive) +[A-Z0-9]+-[0-9]+ +[a-z_]+( +\((hazard|smell)\))?$/\1\3/p' out |
    sed 's/violated/1/; s/inconclusive/2/; s/hazard/2/; s/smell/3/; s/^\([12]\)$/\11/' > seen
  [ "$(wc -l < seen)" -ge 2 ] && sort -c seen || { complain "$name: the worst first"; cat seen; }
done

# a record has its name in JSON, whatever its fields are called
for name in driver_bug doubt probes; do
  "$mirrorscope" dump --json "$name" | jq -r .event > of_json
  "$mirrorscope" dump "$name" | awk '{ print $5 }' > of_text
  [ -s of_json ] && cmp -s of_json of_text || complain "$name: the events of dump --json"
done
[ "$("$mirrorscope" dump --json probes | jq -r 'select(.event == "probe_state") | .of_event')" = dev_map ] || complain "which event a probe feeds"

# what explain says is in what CI shows
exits 1 "${check[@]}" --explain --format junit driver_bug
grep -qx 'Who invalidated' <<< "$(xmllint --xpath 'string(//failure)' out)" || complain "JUnit: no explanation"

exits 2 "${check[@]}" --format yaml driver_bug
[ "$(cat err)" = "mirrorscope check: there is no format 'yaml'; there are text, markdown, json, junit, sarif, ktap, github" ] ||
  { complain "a format that is not there"; cat err; }
exits 2 "${check[@]}" --format text --format json driver_bug
exits 2 "${check[@]}" --format sarif=no/such/folder/out driver_bug
exit $bad
