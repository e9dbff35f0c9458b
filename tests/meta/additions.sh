#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is CONTRIBUTING's table true? Each patch of additions/ adds the thing of one row: does it touch the files that the row names and no other, do all
# of them build together, and does each show up where the row says that the machine does the rest?
#
# additions.sh [--apply-only]: without a build, seconds instead of a quarter of an hour.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
bad=0
ok() { echo "ok: $1"; }
complain() { echo "NOT OK: $1"; bad=1; }
must() { # SENTENCE COMMAND...
  local sentence=$1
  shift
  if "$@" > /dev/null 2>&1; then ok "$sentence"; else complain "$sentence (${*:0:5})"; fi
}
has() { grep -q -- "$2" <<< "$1"; }

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
git ls-files -z | xargs -0 cp --parents -t "$tree" 2> /dev/null || true # what is deleted and not committed is not there
git -C "$tree" init -q
git -C "$tree" add -A

# The files that a row names outside parentheses, as patterns: "<...>" stands for a name, a file without a folder for one of that name.
named_by() {
  awk -F'|' -v row=" $1 " '$2 == row { print $3 }' CONTRIBUTING.md | sed 's/([^)]*)//g' | grep -oE '`[^`]+\.[a-z]+[a-z.]*`' | tr -d '`' |
    sed -E 's/\./\\./g; s/<[a-z]+>/[a-z0-9_]+/g; s#^#^(.*/)?#; s/$/$/'
}
for patch in "$here"/additions/*.patch; do
  name=$(basename "$patch" .patch) row=$(sed -n '1s/^row: //p' "$patch")
  mapfile -t patterns < <(named_by "$row")
  [ ${#patterns[@]} -gt 0 ] || { complain "$name: CONTRIBUTING.md has no row '$row' that names files"; continue; }
  touched=$(git apply --numstat "$patch" | cut -f3)
  foreign=$(grep -vE "$(IFS='|'; echo "${patterns[*]}")" <<< "$touched" || true)
  if [ -n "$foreign" ]; then complain "$name touches ${foreign//$'\n'/, }, which the row '$row' does not name"; else ok "$name touches what '$row' names"; fi
  [[ $(grep -F "| $row |" CONTRIBUTING.md) == *'` or `'* ]] || for pattern in "${patterns[@]}"; do
    grep -qE "$pattern" <<< "$touched" || complain "$name leaves out $pattern, which the row '$row' names"
  done
  git -C "$tree" apply --index "$patch" && ok "$name applies" || complain "$name does not apply: make it anew, as the row says"
done
[ "${1:-}" != --apply-only ] || exit $bad
[ $bad = 0 ] || exit 1

cd "$tree"
cmake --preset release > configure.log 2>&1 || { tail -20 configure.log; complain "it configures"; exit 1; }
cmake --build --preset release --target mirrorscope test_rules docs -- --quiet > build.log 2>&1 || { tail -40 build.log; complain "it builds"; exit 1; }
ok "all of them build together"
mirrorscope=$tree/build/release/cli/mirrorscope
"$mirrorscope" manual "$tree/manual" > /dev/null
manual=$(cat "$tree"/manual/man1/* "$tree"/manual/man5/*) completion=$(cat "$tree"/manual/completions/*)
"$mirrorscope" explore hmm_mirror --mutant skip_read_retry --write-trace model > /dev/null || true

must "rule: the list has it" has "$("$mirrorscope" rules)" 'VMA-98'
must "rule: docs/rules.md has it" grep -q 'VMA-98' docs/rules.md
must "rule: its cases run" "$tree/build/release/tests/rules/test_rules" --gtest_filter='vma_98_empty_hole.*'
must "rule: they are four" has "$(build/release/tests/rules/test_rules --gtest_filter='vma_98_empty_hole.*')" 'PASSED  . 4 tests'
must "rule: what is asked of all rules" "$tree/build/release/tests/rules/test_rules" --gtest_filter='Cases.*:Rules.*'
must "event: the list has it" has "$("$mirrorscope" events)" '^dev_limit '
must "event: docs/events.md has it" grep -q '^## dev_limit (149)' docs/events.md
must "event: the metadata of a trace has it" grep -q 'dev_limit' model/metadata
must "driver's hook: its program is in the object" has "$(bpftool btf dump file build/release/generated/bpf/mirrorscope_probes.bpf.o)" "FUNC 'reg__usnic'"
must "driver's hook: docs/hooks.md has it" grep -q '^| `dereg` | `usnic_uiom_reg_release` |' docs/hooks.md
must "profile: the list has it" has "$("$mirrorscope" explore --list)" '^one_page: '
must "profile: it is explored, and clean" "$mirrorscope" explore one_page
must "profile: docs/mutants.md has it" grep -q 'one_page' docs/mutants.md
must "strategy: help has it" has "$("$mirrorscope" explore --help)" 'lockstep: one execution'
must "strategy: it runs" has "$("$mirrorscope" explore hmm_mirror --scenario munmap --strategy lockstep)" 'each thread in turn'
must "strategy: completion has it" has "$completion" 'lockstep'
must "format of check: help has it" has "$("$mirrorscope" check --help)" 'brief'
must "format of check: it renders" has "$("$mirrorscope" check --format brief model || true)" '^SEQ-04 violated model'
must "format of check: completion has it" has "$completion" 'brief'
must "format of export: help has it" has "$("$mirrorscope" export --help)" 'counts'
must "format of export: it writes" has "$("$mirrorscope" export --format counts model -o -)" '^event,records'
must "format of export: completion has it" has "$completion" 'counts'
must "subcommand: help has it" has "$("$mirrorscope" --help)" '^ *causes '
must "subcommand: it answers" has "$("$mirrorscope" causes)" 'gap'
must "subcommand: the manual has it" has "$manual" 'causes'
must "subcommand: completion has it" has "$completion" 'causes'
exit $bad
