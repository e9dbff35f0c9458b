#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What `conform` prints and exits with: a run of the model, one of a mutant, one that it cannot read, one it has nothing to say of.
set -euo pipefail
mirrorscope=${1:?path of mirrorscope}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
complain() { echo "$1"; cat "$work/said"; exit 1; }
run() { # EXPECTED-CODE ARGUMENTS...
  local code=0 expected=$1; shift
  "$mirrorscope" conform "$@" > "$work/said" 2>&1 || code=$?
  [ "$code" = "$expected" ] || complain "conform $*: exit code $code, not $expected"
}

"$mirrorscope" explore hmm_mirror --scenario munmap --replay a4 --write-trace "$work/right" > /dev/null
run 0 --profile hmm_mirror "$work/right"
grep -q '^conformant: ' "$work/said" || complain "no verdict"
run 0 "$work/right"  # the object's own word says that it is one of hmm_mirror
grep -q ': hmm_mirror, ' "$work/said" || complain "not taken for hmm_mirror"

"$mirrorscope" explore hmm_mirror --mutant skip_read_retry --write-trace "$work/wrong" > /dev/null && complain "explore finds nothing"
run 1 --profile hmm_mirror "$work/wrong"
grep -q '^diverges (driver 0x.*) at ' "$work/said" || complain "no divergence"
grep -q '  .* dev_map mm=' "$work/said" || complain "not at dev_map"
grep -q 'the model allows: revalidate "check" of fault' "$work/said" || complain "does not say what the model allows"
run 1 --format json --profile hmm_mirror "$work/wrong"
[ "$(jq -r '.verdict + " " + .divergences[0].half + " " + .divergences[0].event.event' "$work/said")" = "diverges driver dev_map" ] || complain "JSON says otherwise"
run 1 --profile odp_implicit "$work/right"  # another driver's programs

run 2 "$work/nothing"
run 2 --profile nobody "$work/right"
mkdir "$work/empty"
run 2 "$work/empty"
