#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does the lab keep its promises? Every line below is one: what is run, the exit code it must have, what its output must say.
set -euo pipefail

lab=$(cd "$(dirname "$0")" && pwd)
kernels=${*:-7.x 6.12 6.1}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
failed=0

expect() { # EXIT-CODE REGEX WORD... : guest.sh with these words
    local code=$1 says=$2 got=0 text; shift 2
    text=$("$lab/guest.sh" "$@" 2>&1) || got=$?
    if [[ $got = "$code" && $text =~ $says ]]; then
        echo "ok      guest.sh $*"
    else
        echo "FAILED  guest.sh $*: exit $got, not $code, or not /$says/ in: $text"
        failed=1
    fi
}

expect 2 "no kernel is called '5.9'"          --kernel 5.9 -- true
expect 2 "'--bogus' is not an option"         --bogus -- true
expect 2 "no command was given"               --kernel 7.x --
expect 2 "whole seconds, not 'soon'"          --timeout soon -- true
expect 2 "a size is a number with M or G"     --swap lots -- true

for kernel in $kernels; do
    series=${kernel%x}
    expect 0 "Linux lab $series"              --kernel "$kernel" -- uname -a
    expect 7 '^words words$'                  --kernel "$kernel" --quiet -- sh -c 'echo words words; exit 7'
    expect 127 'No such file'                 --kernel "$kernel" -- /no/such/program
    expect 124 'not done after 20 s'          --kernel "$kernel" --timeout 20 -- sleep 1000
    expect 70 'panic.*sysrq triggered crash'  --kernel "$kernel" -- sh -c 'echo c >/proc/sysrq-trigger'
    expect 70 'load the modules: no-such'     --kernel "$kernel" --module no-such -- true
    expect 0 'complained 1 time.*a test'      --kernel "$kernel" -- sh -c 'echo "<4>WARNING: a test" >/dev/kmsg'
    expect 0 '/dev/vda +partition'            --kernel "$kernel" --swap 128M -- cat /proc/swaps
    expect 0 'rxe0 is up.*rxe0 is up'         --kernel "$kernel" -- sh -c "$lab/inside/rxe.sh && $lab/inside/rxe.sh"
    expect 0 '20 iters.*20 iters'             --kernel "$kernel" -- "$lab/inside/pingpong.sh"
    expect 0 '/dev/kvm is there'              --kernel "$kernel" -- "$lab/inside/kvm.sh"
    expect 0 'ended with 0'                   --kernel "$kernel" --out "$out/$kernel" -- sh -c 'uname -r >/out/release; chmod 600 /out/release'
    [[ $(cat "$out/$kernel/release") = "$series"* && -s $out/$kernel/console.log ]] || { echo "FAILED  /out of $kernel"; failed=1; }
done
expect 0 '20 iters.*20 iters'                 --kernel 7.x -- "$lab/inside/pingpong.sh" -o
# Debian's 6.1 and 6.12 are built without PCI_P2PDMA.
expect 0 '67108864'                           --kernel 7.x --nvme-cmb 64M --module nvme -- \
    sh -c 'until cat /sys/bus/pci/devices/*/p2pmem/size; do sleep 1; done 2>/dev/null'
expect 0 'ended with 0'                       --kernel 7.x --icount --smp 1 -- true
exit $failed
