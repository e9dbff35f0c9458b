#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# With a baseline, do only findings fail that are not in it?
source "$(dirname "$0")/words.sh"
trace driver_bug application_mistake all_well

exits 1 "$mirrorscope" check driver_bug
exits 0 "$mirrorscope" check --write-baseline known.json driver_bug
[ "$(jq -r '.findings[].key' known.json)" = 'SEQ-01 toy_invalidate [toy] unmap cb_enter>cb_ret' ] ||
  { complain "the key of a finding"; cat known.json; }
exits 0 "$mirrorscope" check --baseline known.json driver_bug
grep -q '^known: SEQ-01 violated once, all of it in the baseline' out || { complain "text says what is known"; cat out; }
exits 0 "$mirrorscope" check --baseline known.json all_well

# another finding is new, beside the known one too
exits 1 "$mirrorscope" check --strict hazard --baseline known.json application_mistake driver_bug
exits 1 "$mirrorscope" check --strict hazard --baseline known.json --format sarif application_mistake driver_bug
[ "$(jq -c '[.runs[].results[] | [.ruleId, .baselineState]]' out)" = '[["REG-05","new"],["SEQ-01","unchanged"]]' ] ||
  { complain "SARIF: baselineState"; jq -c '[.runs[].results[] | [.ruleId, .baselineState]]' out; }

# the key does not depend on tasks, times and addresses: the same bug in another recording is known
sed 's/0x50/0x5550/g; s/0x10 /0x7710 /g; s/0xf1/0x99f1/g' "$here/findings.cases" > moved.cases
"$case_trace" moved.cases driver_bug moved
exits 0 "$mirrorscope" check --baseline known.json moved

echo '{"findings": []}' > other.json
exits 2 "$mirrorscope" check --baseline other.json driver_bug
[ "$(cat err)" = 'mirrorscope check: other.json is no baseline: "format" is not "mirrorscope-baseline-1"' ] ||
  { complain "a file that is no baseline"; cat err; }
exits 2 "$mirrorscope" check --baseline not_there.json driver_bug
exit $bad
