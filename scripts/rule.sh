#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Are the cases of one rule judged as they ask? rule.sh RULE [option of GoogleTest]: an analyzer that has only this rule is built in build/rule
# and asked, some seconds after a change of the rule or of its cases. The first time builds what the rules stand on.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { echo "usage: scripts/rule.sh RULE, for example ORD-19" >&2; exit 2; }
stem=$(tr 'A-Z-' 'a-z_' <<< "${1%.cpp}")
shift
shopt -s nullglob
files=(analyzer/rules/"$stem"*.cpp)
[ ${#files[@]} -le 1 ] || files=(analyzer/rules/"$stem"_*.cpp)
[ ${#files[@]} = 1 ] || { echo "rule.sh: cannot say which file of analyzer/rules/ \"$stem\" means" >&2; exit 2; }
stem=$(basename "${files[0]}" .cpp)
[ -s "tests/rules/$stem.cases" ] || { echo "rule.sh: the rule has no cases: tests/rules/$stem.cases" >&2; exit 2; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
cmake -S . -B build/rule -G Ninja -DCMAKE_BUILD_TYPE=Debug -DMIRRORSCOPE_LIVE=OFF "-DMIRRORSCOPE_RULE=$stem" > "$log" 2>&1 || { cat "$log" >&2; exit 1; }
cmake --build build/rule --target test_rules -- --quiet
build/rule/tests/rules/test_rules --gtest_brief=1 "--gtest_filter=$stem.*" "$@"
