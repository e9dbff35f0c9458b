#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does the data in the page agree with check, dump and explain, whatever the trace, and does it stay small?
#
# The last part makes a long trace: RECORDS=10000000 tries what ctest has no time for.
source "$(dirname "$0")/words.sh"
make_trace=${3:?path of make_trace}
trace driver_bug application_mistake doubt all_well

data() { sed -n 's|^<script type="application/json" id="data">\(.*\)</script>$|\1|p' "$1"; }
is() { # WHAT WANTED GOT
  [ "$2" = "$3" ] || complain "$1: expected $2, got $3"
}
page() { # CODE TRACE...: the page is $2.html, its data $2.data
  local code=$1; shift
  exits "$code" "$mirrorscope" report -o "$1.html" "$@"
  data "$1.html" > "$1.data"
  jq -e '.format == "mirrorscope-report-1"' "$1.data" > out || complain "$1: no data in the page"
}

# the same verdicts, findings and losses as check; the same text as explain; each record in one cell; evidence where a bar begins or ends
agree() {
  local name=$1
  "$mirrorscope" check --format json "$name" > check.json || true
  is "$name: verdicts" "$(jq -c '[.rules[] | [.id, .verdict, .held, .unknown, .broken, .doubtful, .reason]]' check.json)" \
    "$(jq -c '.traces[0].rules | [.[] | [.id, .verdict, .held, .unknown, .broken, .doubtful, .reason]]' "$name.data")"
  is "$name: findings" "$(jq -c '[.rules[] | if .verdict == "violated" then .findings[] elif .verdict == "inconclusive" then .suspects[] else empty end | .what]' check.json)" \
    "$(jq -c '[.traces[0].findings[].what]' "$name.data")"
  is "$name: losses" "$(jq -c '[.lost, .repaired, .records]' check.json)" "$(jq -c '.traces[0] | [.lost, .repaired, .records]' "$name.data")"
  local traced
  traced=$("$mirrorscope" dump --json "$name" | jq -s '[.[] | select(.cpu != 65535)] | length')
  for group in Events Processes CPUs; do
    is "$name: records under $group" "$traced" "$(jq --arg group "$group" '[.traces[0].overview.rows[] | select(.group == $group) | .counts[]] | add' "$name.data")"
  done
  is "$name: invalidations" "$(jq '.events.inv_start // 0' check.json)" "$(jq '[.traces[0].storms.rows[].counts[]] | add // 0' "$name.data")"
  is "$name: calls in histograms" true "$(jq '[.traces[0].latency[] | .count == ([.buckets[][2]] | add) and .p50 <= .p99 and .p99 <= .max] | all' "$name.data")"
  is "$name: evidence" true "$(jq '[.traces[0].findings[].timeline // empty | . as $t | .evidence[] | .bar != null and (.time == $t.bars[.bar].from or .time == $t.bars[.bar].until)] | all' "$name.data")"
  jq -r '.traces[0].findings[] | select(.text) | .id' "$name.data" | head -3 | while read -r id; do
    diff <("$mirrorscope" explain "$name" "$id") <(jq -j --arg id "$id" '.traces[0].findings[] | select(.id == $id) | .text' "$name.data") > diff ||
      echo "$id"
  done > different
  [ ! -s different ] || complain "$name: another text than explain: $(cat different)"
}
page 1 driver_bug
page 0 application_mistake
page 3 doubt
page 0 all_well
for name in driver_bug application_mistake doubt all_well; do agree "$name"; done
is "evidence of the bug" '[["cb_enter","toy_invalidate [toy]"],["cb_ret","toy_invalidate [toy]"]]' \
  "$(jq -c '.traces[0].findings[0].timeline | . as $t | [.evidence[] | [.event, $t.bars[.bar].name]]' driver_bug.data)"
is "bars around the bug" '["__mmu_notifier_invalidate_range_start()","hmm_range_fault()","invalidation","toy_invalidate [toy]"]' \
  "$(jq -c '[.traces[0].findings[0].timeline.bars[] | .name] | sort' driver_bug.data)"
is "place of the loss" '[["gap",1]]' "$(jq -c '[.traces[0].losses.places[] | [.cause, .count]]' doubt.data)"

trace whose_mistake
page 0 whose_mistake
agree whose_mistake
is "whose the invalidations are" '[["task (102)",""],["web (103)","pod 2f4bd9d2-e0b1-4a0e-9a42-0d5d4b4c8f11, container 4f1c0e6ad3b2"]]' \
  "$(jq -c '[.traces[0].storms.rows[] | [.process, .whose]] | sort' whose_mistake.data)"

# drivers' events: mappings, accesses and migrations of explored executions become spans
"$mirrorscope" explore hmm_mirror --mutant skip_read_retry --write-trace explored > out 2>&1 || true
page 1 explored
agree explored
is "mapping of a mutant" true "$(jq '[.traces[0].findings[].timeline.bars[] | select(.span) | .name] | index("mapping") != null' explored.data)"

# with a run before: what compare says, word for word
"$mirrorscope" compare --fail-on none --format json all_well driver_bug > compared.json || complain "compare: exit $?"
exits 1 "$mirrorscope" report --before all_well -o with.html driver_bug
data with.html > with.data
is "what differs" "$(jq -cS 'del(.. | .fails?)' compared.json)" "$(jq -cS '.comparison | del(.. | .fails?)' with.data)"
is "a new finding" true "$(jq '[.comparison.findings[] | select(.change == "new")] | length > 0' with.data)"
is "nothing before" null "$(jq -c .comparison driver_bug.data)"
exits 2 "$mirrorscope" report --before nothing_here driver_bug

# several traces, standard output, wrong usage
exits 1 "$mirrorscope" report -o both.html driver_bug all_well
is "two traces" '["driver_bug","all_well"]' "$(data both.html | jq -c '[.traces[].name]')"
exits 0 "$mirrorscope" report -o - all_well
cmp -s out all_well.html || complain "standard output is another page"
exits 2 "$mirrorscope" report -o no/such/folder/x.html all_well
exits 2 "$mirrorscope" report nothing_here
[ ! -e report.html ] || complain "a page of nothing was written"
exits 0 "$mirrorscope" report all_well
[ -s report.html ] || complain "report.html is the default"

# one file: nothing in it names another
! grep -oE '(src|href)="(https?:)?//[^"]*"|@import|url\(["'\'']?https?:' driver_bug.html || complain "the page asks for something"

# long: as small as a short one, and complete
"$make_trace" long "${RECORDS:-1000000}" > out
page 0 long
for group in Events CPUs; do
  shown=$(jq --arg group "$group" '[.traces[0].overview.rows[] | select(.group == $group) | .counts[]] | add' long.data)
  # one record is about the trace: stopped. Of its processes only those with the most records are shown
  is "long: records under $group" "$(jq '.traces[0].records - 1' long.data)" "$shown"
done
size=$(stat -c %s long.html)
[ "$size" -lt 3000000 ] || complain "the page of a long trace has $size bytes"
is "long: bounded" true "$(jq '[.traces[0].overview.rows | length < 64, (.[].counts | length == 1024)] | all' long.data)"
echo "page of ${RECORDS:-1000000} records: $size bytes"
exit $bad
