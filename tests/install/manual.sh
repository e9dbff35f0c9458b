#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Do the manual pages and the completion say everything that --help says, and does groff accept the pages?
set -euo pipefail
mirrorscope=${1:?path of mirrorscope}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
complain() { echo "FAILED: $1"; bad=1; }

"$mirrorscope" manual "$work"
mapfile -t commands < <("$mirrorscope" --help | sed -n '/^Subcommands:/,/^$/p' | awk '/^  [a-z]/ {print $1}')
[ ${#commands[@]} -ge 8 ] || complain "--help lists ${#commands[@]} subcommands"

for page in "$work"/man1/*.1 "$work"/man5/*.5; do
  warnings=$(groff -man -ww -Tutf8 -z "$page" 2>&1) || true
  [ -z "$warnings" ] || complain "groff on $(basename "$page"): $warnings"
done

# shellcheck source=/dev/null
source "$work/completions/mirrorscope"
offers() { # WORD... : what is offered behind the words, one per line, sorted
  COMP_WORDS=(mirrorscope "$@"); COMP_CWORD=$#
  _mirrorscope
  printf '%s\n' "${COMPREPLY[@]}" | sort
}
[ "$(offers '' | grep -v '^-')" = "$(printf '%s\n' "${commands[@]}" | sort)" ] || complain "completion: subcommands: $(offers '' | xargs)"
for command in "${commands[@]}"; do
  page=$work/man1/mirrorscope-$command.1
  [ -s "$page" ] || { complain "no page for $command"; continue; }
  text=$(groff -man -Tascii -P-cbou "$page")
  mapfile -t options < <("$mirrorscope" "$command" --help | sed -n '/^Examples:/q; p' | grep -oE '^  (-[a-zA-Z],)?--[a-z-]+' | grep -oE -- '--[a-z-]+')
  for option in "${options[@]}"; do
    grep -qE -- "(^| |,)$option( |,|$)" <<< "$text" || complain "$command(1) does not have $option"
    grep -qx -- "$option" <<< "$(offers "$command" --)" || complain "completion of $command does not have $option"
  done
done
grep -q -- '--slurm' <<< "$(groff -man -Tascii -P-cbou "$work/man1/mirrorscope-fleet-check.1")" || complain "mirrorscope-fleet-check(1) does not have --slurm"
grep -qx -- --slurm <<< "$(offers fleet check --s)" || complain "completion of fleet check does not have --slurm"
[ "$(offers check --strict h)" = $'hard\nhazard' ] || complain "completion of a value: $(offers check --strict h)"
grep -qx SEQ-01 <<< "$(offers check --rules SEQ-)" || complain "completion of a rule"
grep -qx sarif <<< "$(offers check --format s)" || complain "completion of a format"

# the page of traces has every event
mapfile -t events < <("$mirrorscope" events | awk '{print $1}')
for event in "${events[@]}"; do grep -q "^\.SS $event (" "$work/man5/mirrorscope-trace.5" || complain "mirrorscope-trace(5) does not have $event"; done
exit $bad
