#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does docs/mutant-classes.md name mutants and scenarios that exist, every mutant once, three of each subtle class, and all 15 controls?
set -euo pipefail
mirrorscope=${1:?path of mirrorscope}
page=$(cd "$(dirname "$0")/../../docs" && pwd)/mutant-classes.md
bad=0
complain() { echo "$1"; bad=1; }

# profile.mutant and profile:scenario of --list, one a line
all=$("$mirrorscope" explore --list | awk '
  /^[a-z]/       { sub(":", "", $1); profile = $1 }
  /^  mutant /   { print "mutant", profile "." $2 }
  /^  control /  { print "control", profile "." $2 }
  /^  scenario / { print "control", profile ":" $2 }')
names() { grep -o '`[a-z0-9_]*[.:][a-z0-9_]*`' | tr -d '`'; }

classes=$(sed -n '1,/^## /p' "$page") controls=$(sed -n '/^## /,$p' "$page")
diff <(names <<< "$classes" | sort) <(awk '$1 == "mutant" { print $2 }' <<< "$all" | sort) ||
  complain "< is in the page, > in explore --list"
while read -r name; do
  grep -qx "control $name" <<< "$all" || complain "$name is no scenario and no control"
done < <(names <<< "$controls")
for n in {1..30}; do
  row=$(grep -E "^\| $n( \*\*S\*\*)? \|" <<< "$classes") || { complain "class $n has no row"; continue; }
  count=$(names <<< "$row" | wc -l)
  case $row in *'**S**'*) least=3 ;; *) least=1 ;; esac
  [ "$count" -ge "$least" ] || complain "class $n has $count mutants, $least are the least"
done
[ "$(grep -cF '**S** |' <<< "$classes")" = 8 ] || complain "eight classes are subtle"
for n in {1..15}; do
  [ -n "$(grep -E "^\| $n \|" <<< "$controls" | names)" ] || complain "control $n has no place where it stays clean"
done
exit $bad
