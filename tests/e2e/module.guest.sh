#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is the reference driver right where it should be, and caught where it is told to be wrong?
# kernels: 7.x
# long: 6.1 6.12
# needs: module
# guest: --swap 512M
here=$PWD/tests/e2e source=$PWD
. "$(dirname "$0")/words.sh"
device=$BUILD/driver-model/kernel/client/mirrorscope-device
modes=$("$lab/inside/modes.sh")
operations=${OPERATIONS:-1000} # with 10000 the 7.x guest takes ten minutes
loads=30
[ "$operations" -lt 10000 ] || loads=100
kib() { awk "/^$1:/ { print \$2 }" /proc/meminfo; }
complaints() { dmesg | grep -cE 'WARNING: |BUG: |Oops: |INFO: task .* blocked'; }
indented() { sed 's/^/    /'; }

# Loaded and unloaded again and again, with work in between. The first time makes caches.
insmod /out/mirrorscope.ko && "$device" churn mirror --operations 50 > /dev/null && rmmod mirrorscope
slab=$(kib SUnreclaim) vmalloc=$(kib VmallocUsed)
for ((i = 0; i < loads; ++i)); do
    insmod /out/mirrorscope.ko || break
    ((i % 10)) || "$device" churn mirror --operations 50 > /dev/null || break
    rmmod mirrorscope || break
done
sleep 1 # RCU gives back what is freed
must "loaded and unloaded $loads times" is "$i" $loads
must "slab is as large as before: $slab kB, $(kib SUnreclaim) kB" test "$(kib SUnreclaim)" -lt $((slab + 4096))
must "so is vmalloc: $vmalloc kB, $(kib VmallocUsed) kB" test "$(kib VmallocUsed)" -lt $((vmalloc + 1024))

insmod /out/mirrorscope.ko || exit 1
before=$(complaints)
{
    for mode in $modes; do echo "$device churn $mode --operations $operations --dma-us 50 || bad=1"; done
    echo 'exit ${bad:-0}'
} > churn.sh
"$mirrorscope" record --exit-code-from-command -o churn -- bash churn.sh > churn.txt 2>&1
must "every mode under a churn of $operations operations: the device sees what the process sees, the oracle is quiet" is $? 0
grep -E 'operations|oracle|recorded|lost' churn.txt | indented
must "the kernel does not complain" is "$(complaints)" "$before"
# a program run that the kernel skipped may leave a rule inconclusive; nothing may be violated
"$mirrorscope" check --strict hazard churn > churn.check
only_smells churn.check
tail -2 churn.check | indented
"$mirrorscope" conform churn > churn.conform
diverged=$(sed -nE '$s/.* ([0-9,]+) divergences?,.*/\1/p' churn.conform)
must "what ran is a run of the model: ${diverged:-no answer} divergences" is "$diverged" 0
grep -A4 "^diverges" churn.conform | head -30 | indented
tail -1 churn.conform | indented
[ $bad = 0 ] || keep churn

# Every mutant of these modes, or these mutants, each in its own time: table ROUNDS MODE|"MODE MUTANT"...
table() {
    local rounds=$1
    shift
    for one in "$@"; do
        set -- $one
        echo "$device mutants --rounds $rounds --mode $1 ${2:+--mutant $2}"
    done > mutants.sh
    rm -rf mutants
    "$mirrorscope" record --exit-code-from-command -o mutants -- bash -e mutants.sh > mutants.txt 2> mutants.record || return 1
    "$mirrorscope" check --format json --findings 100000 mutants > mutants.json
    "$here/live_mutants.sh" mutants.txt mutants.json
}
said() { sed -n "s/^| \([a-z]*\) | \([a-z_]*\) | [^|]* | $1.*/\1 \2/p" "$2" | sort; }

table 30 $modes > live-mutants.md
ended=$?
must "every mutant of this kernel's modes runs to its end" is $ended 0
[ $ended = 0 ] || tail -3 mutants.record | indented
cp live-mutants.md /out/
echo "    $(said yes live-mutants.md | wc -l) caught by the rule of the model, $(said by live-mutants.md | wc -l) by another, $(said no live-mutants.md | wc -l) not"
# docs/live-mutants.md says which can be caught. A race that did not happen is given more time.
mapfile -t missed < <(comm -12 <(said yes "$source/docs/live-mutants.md") <(said no live-mutants.md))
for rounds in 200 800 3200; do
    [ ${#missed[@]} -gt 0 ] || break
    echo "    once more, $rounds rounds: ${missed[*]}"
    table $rounds "${missed[@]}" > again.md
    mapfile -t missed < <(said no again.md)
done
must "every mutant that docs/live-mutants.md calls caught is caught: ${missed[*]:-all are}" test ${#missed[@]} = 0
[ $bad = 0 ] || keep mutants
