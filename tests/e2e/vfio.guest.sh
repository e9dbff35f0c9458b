#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Memory that a process maps for its own device: registered, pinned, given back; and the process that unmaps it too early.
# kernels: 7.x
# guest: --iommu
. "$(dirname "$0")/words.sh"
"$lab/inside/kvm.sh"
group=$("$lab/inside/vfio.sh") || exit 1

"$mirrorscope" record --exit-code-from-command -o right -- "$workloads/vfio_map" --group "$group" --rounds 40 --tap >out 2>summary
must "the device's memory came back" is $? 0
head -1 summary
registered=$("$mirrorscope" dump right --event reg | grep -c driver=vfio)
must "each mapping was registered" test "$registered" -ge 40
must "each ended, and what the device could write was marked dirty" is 40 "$("$mirrorscope" dump right --event dereg | grep -c 'driver=vfio dirty=1')"
must "a megabyte in the end" is 40 "$("$mirrorscope" dump right --event dereg | sed -nE 's/.* start=(0x[0-9a-f]+) end=(0x[0-9a-f]+) .*/\1 \2/p' |
    while read -r start end; do echo $((end - start)); done | grep -cx 1048576)"
"$mirrorscope" check right >/out/right.txt 2>&1
code=$?
must "no rule objects (exit $code)" test $code = 0 -o $code = 3
must "and none smells a stale registration" is 0 "$(grep -c '^violated REG-05' /out/right.txt)"

"$mirrorscope" record --exit-code-from-command -o stale -- "$workloads/vfio_map" --group "$group" --rounds 10 --tap --stale >out 2>summary
must "the device's memory came back, pinned as it was" is $? 0
"$mirrorscope" check stale >/out/stale.txt 2>&1
must "ten times the addresses went too early" grep -q 'REG-05/1, of 10' /out/stale.txt
