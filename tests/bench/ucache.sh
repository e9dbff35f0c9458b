#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What do the uprobes of a registration cache cost, against uprobes that do nothing?
#
# Usage: ucache.sh BUILD_DIR, on the host. In a guest whose time counts instructions (-icount), so that every run gives the same. That
# counts what a uprobe executes and not what its trap costs a real CPU, which ours and the floor have in common: the ratio is less there.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" != in-guest ]; then
  build=$(cd "${1:?build directory}" && pwd)
  exec tests/lab/guest.sh --kernel 7.x --icount --smp 1 --memory 2G --timeout 3000 --quiet -- tests/bench/ucache.sh in-guest "$build"
fi
build=$2
tests/lab/inside/rxe.sh > /dev/null
work=$(mktemp -d) # the guest sees what the host has in /tmp
program=$build/tests/lab/workloads/ucache_lab
record=("$build/cli/mirrorscope" record -q)
floor=$build/tests/bench/ucache_floor
# the pair's CPU time: what the thread pays that asks the cache
pair() { "$@" "$program" --time 2> /dev/null | sed -n 's/^a get and a put.*: \([0-9]*\) [0-9]*$/\1/p'; }
plain=$(pair env)
off=$(pair "${record[@]}" -o "$work/a" --)
ours=$(pair "${record[@]}" --ucache --no-stacks -o "$work/b" --)
stacks=$(pair "${record[@]}" --ucache -o "$work/c" --)
nothing=$(pair "$floor" nothing)
submit=$(pair "$floor" submit)
echo "a get that hits and its put, without any probe: $plain ns of instructions; below, what is added to it by two uprobes"
row() { awk -v n="$1" -v a="$2" -v b="$3" -v p="$plain" -v bar="$4" 'BEGIN {
  printf "%-72s %8d %8d %8s  %s\n", n, a - p, b - p, (b > p ? sprintf("%.2fx", (a - p) / (b - p)) : "-"), bar }'; }
printf '%-72s %8s %8s %8s  %s\n' "" ours other ratio bar
row "record without --ucache / no probe" "$off" "$plain" "0"
row "record --ucache, no stacks / two uprobes that do nothing" "$ours" "$nothing" "-"
row "record --ucache, no stacks / two that reserve and submit the same sizes" "$ours" "$submit" "-"
row "record --ucache with stacks / without" "$stacks" "$ours" "-"
