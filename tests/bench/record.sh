#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What does recording an invalidation cost, against the least that a BPF program could do and against other tracers?
#
# Usage: record.sh BUILD_DIR, on the host. In a guest whose time counts instructions (-icount), so that every run gives the same; half an hour.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ "${1:-}" != in-guest ]; then
  build=$(cd "${1:?build directory}" && pwd)
  exec tests/lab/guest.sh --kernel 7.x --icount --smp 1 --memory 2G --timeout 5000 --quiet -- tests/bench/record.sh in-guest "$build"
fi
build=$2
tests/lab/inside/kvm.sh > /dev/null
loop="$build/tests/bench/inval_loop 3000"
mirrorscope=$build/cli/mirrorscope
probes=(--probes 'inv_*')
# each is "CPU WALL"; of all but the last row the first is taken: what the thread that invalidates pays
plain=$($loop)
floor=$("$build/tests/bench/record_floor" $loop)
work=$(mktemp -d) # the guest sees what the host has in /tmp
ours=$("$mirrorscope" record -q -a --no-stacks "${probes[@]}" -o "$work/a" -- $loop 2> /dev/null)
once=$("$mirrorscope" record -q -a --no-stacks "${probes[@]}" --kprobes -o "$work/k" -- $loop 2> /dev/null)
stacks=$("$mirrorscope" record -q -a "${probes[@]}" -o "$work/b" -- $loop 2> /dev/null)
bare=$("$mirrorscope" record -q -a --no-stacks -o "$work/d" -- $loop 2> /dev/null)
counted=$("$mirrorscope" stat -a -o "$work/s.txt" -- $loop 2> /dev/null)
all=$("$mirrorscope" record -q -a -o "$work/c" -- $loop 2> /dev/null)
s=__mmu_notifier_invalidate_range_start e=__mmu_notifier_invalidate_range_end
last() { grep -E '^[0-9]+ [0-9]+$' | tail -1; }
print=$(bpftrace -c "$loop" -e "kfunc:$s { printf(\"s %p %p %d\\n\", args->range->start, args->range->end, args->range->event); }
  kretfunc:$s { printf(\"r %p %d\\n\", args->range, retval); } kfunc:$e { printf(\"e %p\\n\", args->range); }
  kretfunc:$e { printf(\"f %p\\n\", args->range); }" 2> /dev/null | last)
count=$(bpftrace -c "$loop" -e "kfunc:$s { @[1] = count(); } kretfunc:$s { @[2] = count(); } kfunc:$e { @[3] = count(); }
  kretfunc:$e { @[4] = count(); }" 2> /dev/null | last)
cd /sys/kernel/tracing
echo "$s" > set_graph_function; echo "$e" >> set_graph_function; echo 1 > max_graph_depth
echo function_graph > current_tracer
graph=$($loop)
echo nop > current_tracer
row() { awk -v n="$1" -v a="$2" -v b="$3" -v p="$plain" -v bar="$4" -v w="${5:-1}" 'BEGIN {
  split(a, x); split(b, y); split(p, z); printf "%-62s %8d %8d %7.2fx  %s\n", n, x[w] - z[w], y[w] - z[w], (x[w] - z[w]) / (y[w] - z[w]), bar }'; }
echo "one madvise(MADV_DONTNEED) without any probe: ${plain% *} ns of instructions; below, what is added to it"
printf '%-62s %8s %8s %8s  %s\n' "start, its return, end, its return: four records" ours other ratio bar
row "no stack / reserve and submit the same sizes" "$ours" "$floor" "<= 1.5x"
row "no stack / bpftrace printing the same fields" "$ours" "$print" "<= 0.5x"
row "no stack / bpftrace counting in a map" "$ours" "$count" "<= 1.2x"
row "no stack / ftrace's function_graph on the same functions" "$ours" "$graph" "<= 1x"
row "kprobes instead of trampolines / trampolines" "$once" "$ours" "-"
row "with the caller's stack / without" "$stacks" "$ours" "-"
row "every probe, stacks, callbacks of KVM / no stack" "$all" "$ours" "-"
row "every probe counted (stat) / every probe recorded, no stacks" "$counted" "$bare" "< 1x"
row "with what recorder and bpftrace do with it on the same CPU" "$ours" "$print" "-" 2
