#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is CONTRIBUTING's table true: does each patch of additions/ touch exactly the files that its row names, do all build together and show up?
#
# additions.sh [--apply-only]: what is touched and whether it applies, in seconds; without it a build of a quarter of an hour.
# With KEEP=1 the tree stays, for who wants to look at it. A patch begins with "row: " and the first column of its row.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
# Rows that have no patch: what they name is not files alone, or a test of its own asks for it (meta.classes, e2e.KERNEL.module, report.merge).
untried=('a probe' 'a hook of my own driver, not in here' 'a mutant' 'a mutant on a live kernel' 'a loss cause' 'kernel drift' 'a section of the page'
  'a field of a result')
bad=0
ok() { echo "ok: $1"; }
complain() { echo "NOT OK: $1"; bad=1; }
must() { # SENTENCE COMMAND...
  local sentence=$1
  shift
  if "$@" > "$work/out" 2>&1; then ok "$sentence"; else complain "$sentence"; tail -5 "$work/out" | cut -c1-300; fi
}

work=$(mktemp -d)
tree=$work/tree
trap '[ -n "${KEEP:-}" ] && echo "$tree is kept" || rm -rf "$work"' EXIT
mkdir "$tree"
git ls-files -z --deduplicate | while IFS= read -rd '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done | xargs -0 cp -a --parents -t "$tree"
git -C "$tree" init -q
git -C "$tree" add -A

rows=$(awk -F'|' '/^\| I want /{ in_it = 1 } in_it && !/^\|/ { exit } in_it && $2 !~ /I want|---/ { print $2 "|" $3 }' CONTRIBUTING.md | sed 's/^ //; s/ |/|/')
# The paths of a row's second column, a line each; those that "or" joins in one line, with | between. What is in parentheses says how, not where.
named_by() {
  awk -F'|' -v row="$1" '$1 == row { print $2 }' <<< "$rows" | sed 's/([^)]*)//g; s/` or `/|/g' | grep -oE '`[^` ]+\.[^` ]+`' | tr -d '`' || true
}
# NAME ROW TOUCHED: a path without a folder is in that of the path before; <same> is the name that the wildcard before it took. A wildcard stands for
# one file, which the row does not name otherwise.
compare() {
  local name=$1 row=$2 touched=$3 left=$3 same='' folder='' line path pattern found hit
  local paths named=0 by_name
  by_name=$(named_by "$row" | tr '|' '\n' | grep -v '[<*]' || true)
  while IFS= read -r line; do
    hit='' named=1
    IFS='|' read -ra paths <<< "$line"
    for path in "${paths[@]}"; do
      [[ $path == */* ]] || path=$folder/$path
      folder=${path%/*}
      pattern=$(sed -E "s/\./\\\\./g; s/\*/[^\/]*/g; s/<same>/${same:-<same>}/; s/<[a-z]+>/[a-z0-9_]+/g" <<< "$path")
      found=$(grep -xE "$pattern" <<< "$touched" || true)
      [[ $path != *[\<*]* ]] || found=$(grep -vxF "${by_name:-/}" <<< "$found" || true)
      [ -n "$found" ] || continue
      hit=1
      left=$(grep -vxF "$found" <<< "$left" || true)
      [ "$(wc -l <<< "$found")" = 1 ] || complain "$name touches ${found//$'\n'/ and }, and the row '$row' names one such file"
      [[ $path != *'<'* ]] || { same=${found##*/}; same=${same%%.*}; }
    done
    [ -n "$hit" ] || complain "$name leaves ${line//|/ and } alone, which the row '$row' of CONTRIBUTING.md names"
  done < <(named_by "$row")
  [ $named = 1 ] || { complain "$name is for the row '$row', and CONTRIBUTING.md has none that names files"; return; }
  [ -z "$left" ] || complain "$name touches ${left//$'\n'/, }, which the row '$row' of CONTRIBUTING.md does not name"
}

tried=()
for patch in "$here"/additions/*.patch; do
  name=$(basename "$patch" .patch) row=$(sed -n '1s/^row: //p' "$patch")
  tried+=("$row")
  before=$bad bad=0
  compare "$name" "$row" "$(git apply --numstat "$patch" | cut -f3)"
  [ $bad = 1 ] || ok "$name touches what the row '$row' names"
  [ $before = 0 ] || bad=1
done
while IFS='|' read -r row _; do
  grep -qxF -- "$row" <<< "$(printf '%s\n' "${tried[@]}" "${untried[@]}")" || complain "nobody has tried the row '$row' of CONTRIBUTING.md"
done <<< "$rows"
if git -C "$tree" apply --check "$here"/additions/*.patch; then
  git -C "$tree" apply --index "$here"/additions/*.patch
  ok "all of them apply together"
else
  complain "they do not apply together: make the patch anew, as its row says"
fi
[ $bad = 0 ] || exit 1
[ "${1:-}" != --apply-only ] || exit $bad
must "the house is in order with them" bash "$tree/tests/meta/tree.sh"

cd "$tree"
cmake --preset release > "$work/out" 2>&1 || { tail -20 "$work/out"; complain "it configures"; exit 1; }
cmake --build --preset release --target mirrorscope test_rules trace_test case_trace make_trace docs -j "$(nproc)" > "$work/out" 2>&1 || { grep -B2 -A12 -E 'FAILED|error' "$work/out" | head -60; complain "it builds"; exit 1; }
ok "all of them build together"
mirrorscope=$tree/build/release/cli/mirrorscope rules=$tree/build/release/tests/rules/test_rules case_trace=$tree/build/release/tests/report/case_trace make_trace=$tree/build/release/tests/bench/make_trace
says() { # PATTERN COMMAND...: whatever its exit code, which findings change
  local pattern=$1 text
  shift
  text=$("$@" 2>&1) || true
  grep -qE -- "$pattern" <<< "$text" || { head -20 <<< "$text"; return 1; }
}
page() { # PAGE PATTERN: the manual as people read it
  says "$2" groff -man -Tascii -P-cbou "manual/man${1##*.}/$1"
}
offers() { # WORD... : does completion offer the last word behind the others?
  bash -c 'source manual/completions/mirrorscope; COMP_WORDS=(mirrorscope "$@"); COMP_CWORD=$#; _mirrorscope
    for word in "${COMPREPLY[@]}"; do [ "$word" != "${*: -1}" ] || exit 0; done; echo "${COMPREPLY[*]}"; exit 1' - "$@"
}
"$mirrorscope" manual manual
"$mirrorscope" explore hmm_mirror --mutant skip_read_retry --write-trace model > /dev/null || true

must "rule: the list has it" says '^VMA-98 ' "$mirrorscope" rules
must "rule: it can be chosen" says 'VMA-98' "$mirrorscope" check --rules VMA-98 model
must "rule: completion has it" offers check --rules VMA-98
must "rule: docs/rules.md has it" grep -q '^| \*\*VMA-98\*\* empty_hole |' docs/rules.md
must "rule: its four cases run and pass" says 'PASSED  . 4 tests' "$rules" --gtest_filter='vma_98_empty_hole.*'
must "rule: it has what is asked of all rules" "$rules" --gtest_filter='Cases.*:Rules.*'
must "event: the list has it" says '^ *(130 +)?dev_limit ' "$mirrorscope" events
must "event: docs/events.md has it" grep -q '^## dev_limit (130)' docs/events.md
must "event: the metadata of a trace has it" grep -q 'dev_limit' model/metadata
must "event: the manual has it" page mirrorscope-trace.5 'dev_limit'
must "event: dump knows it" "$mirrorscope" dump --event dev_limit model
must "driver's hook: its programs are in the object" says "FUNC 'dereg__usnic'" bpftool btf dump file build/release/generated/bpf/mirrorscope_probes.bpf.o
must "driver's hook: docs/hooks.md has it" grep -q '^| `dereg` | `usnic_uiom_reg_release` | fentry |' docs/hooks.md
must "driver's hook: a record's text has its name, and the tests of texts pass" build/release/tests/trace/trace_test --gtest_filter='Text.*'
must "driver's hook: docs/events.md has its name" grep -q '^| 23 | usnic |' docs/events.md
must "profile: the list has it" says '^one_page: ' "$mirrorscope" explore --list
must "profile: it is explored, and clean" "$mirrorscope" explore one_page
must "profile: it is as it says, and its mutant is killed" says '^1 clean, 1 killed, 0 wait for their rule, 0 wrong' "$mirrorscope" explore one_page --all
must "profile: conform knows it" offers conform --profile one_page
must "profile: docs/mutants.md has it" grep -q 'one_page' docs/mutants.md
must "profile: docs/mutant-classes.md has its mutant" bash tests/meta/classes.sh "$mirrorscope"
must "strategy: help has it" says 'lockstep: one execution' "$mirrorscope" explore --help
must "strategy: the manual has it" page mirrorscope-explore.1 'lockstep: one'
must "strategy: completion has it" offers explore --strategy lockstep
must "strategy: it runs" says 'one execution, each thread in turn' "$mirrorscope" explore hmm_mirror --strategy lockstep
must "format of check: help has it" says '^ *brief +a line per rule' "$mirrorscope" check --help
must "format of check: the manual has it" page mirrorscope-check.1 'brief +a line per rule'
must "format of check: completion has it" offers check --format brief
must "format of check: it is written" says '^SEQ-04 violated model' "$mirrorscope" check --format brief model
must "format of check: the tests of formats take it in and pass" bash tests/report/formats_test.sh "$mirrorscope" "$case_trace"
must "format of compare: help has it" says '^ *names +a line per difference' "$mirrorscope" compare --help
must "format of compare: completion has it" offers compare --format names
must "format of compare: the tests of compare pass" bash tests/report/compare_test.sh "$mirrorscope" "$case_trace" "$make_trace"
must "format of export: help has it" says '^ *counts +a row per event' "$mirrorscope" export --help
must "format of export: the manual has it" page mirrorscope-export.1 'counts +a row per event'
must "format of export: completion has it" offers export --format counts
must "format of export: it is written" says '^dev_map,[1-9]' "$mirrorscope" export --format counts model
must "format of export: the tests of formats take it in and pass" bash tests/report/export_test.sh "$mirrorscope" "$case_trace"
must "recipe of query: the list has it" says '^removals +who took interval notifiers' "$mirrorscope" query --recipes
must "recipe of query: completion has it" offers query --recipe removals
must "recipe of query: docs/query.md has it" grep -q '^### removals' docs/query.md
must "recipe of query: its answer is what dump says" python3 tests/query/recipes.py "$mirrorscope" model
must "view of query: the list has it" says '^refusals +invalidations that' "$mirrorscope" query --tables
must "view of query: docs/query.md has it" grep -q '^### refusals' docs/query.md
must "view of query: it counts what dump says" python3 tests/query/tables.py "$mirrorscope" model
must "subcommand: help has it" says '^ *causes ' "$mirrorscope" --help
must "subcommand: the manual has it" page mirrorscope.1 'causes'
must "subcommand: it has a page" page mirrorscope-causes.1 'mirrorscope causes'
must "subcommand: completion has it" offers causes
must "subcommand: it answers" says '^ring_full|^gap' "$mirrorscope" causes
must "manual and completion say what help says" bash tests/install/manual.sh "$mirrorscope"
must "the generated pages are new" bash tests/meta/docs.sh "$mirrorscope"
exit $bad
