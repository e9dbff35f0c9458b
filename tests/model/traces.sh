#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does `check` say of a written counterexample what `explore` said of the execution? Ten mutants of three profiles.
set -euo pipefail
mirrorscope=${1:?path of mirrorscope}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tried=0
while read -r profile mutant rule; do
  trace=$work/$profile.$mutant
  "$mirrorscope" explore "$profile" --mutant "$mutant" --write-trace "$trace" > "$work/said" && { echo "$profile $mutant: explore found nothing"; exit 1; }
  schedule=$(sed -n "/^  $rule /,/--replay/s/.*--replay //p" "$work/said")
  grep -q "^  $rule " "$work/said" || { echo "$profile $mutant: $rule did not report"; cat "$work/said"; exit 1; }
  rm -rf "$trace"
  scenario=$(sed -n 's/.*--scenario \([^ ]*\).*/\1/p' "$work/said" | head -1)
  "$mirrorscope" explore "$profile" --mutant "$mutant" --scenario "$scenario" --replay "$schedule" --write-trace "$trace" > /dev/null && exit 1
  code=0
  "$mirrorscope" check "$trace" > "$work/checked" 2>&1 || code=$?
  [ "$code" = 1 ] && grep -q "^violated $rule" "$work/checked" || { echo "$profile $mutant: check says otherwise ($code)"; cat "$work/checked"; exit 1; }
  tried=$((tried + 1))
done <<'MUTANTS'
hmm_mirror skip_read_retry SEQ-04
hmm_mirror retry_check_outside_lock SEQ-04
hmm_mirror callback_skips_set_seq SEQ-01
hmm_mirror old_seq_after_busy SEQ-05
hmm_mirror invalidate_no_drain ORD-20
hmm_mirror invalidate_range_misrounded ORD-10
hmm_mirror blockable_refused ORD-07
odp_explicit skip_read_retry SEQ-04
nouveau_svm list_does_not_unmap ORD-10
gpusvm callback_does_not_drain ORD-20
MUTANTS
[ "$tried" = 10 ]
