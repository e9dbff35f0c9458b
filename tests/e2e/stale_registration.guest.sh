#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Memory is taken from under a pinned registration in a process that has no notifier: it is seen, the right rule says it, and nobody else.
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/rxe.sh"

# judged NAME DEFECT: records it without uprobes and judges it.
judged() {
    "$mirrorscope" record -o "$1" -- "$workloads/ucache_lab" --defect "$2" --rounds 5 2>"$1.summary" || cat "$1.summary"
    "$mirrorscope" check --format json "$1" >"$1.json"
    echo "$1: exit $?, $(jq -r '[.rules[] | select(.verdict == "violated") | .id] | join(" ")' "$1.json")"
}
verdict() { jq -r --arg id "$2" '.rules[] | select(.id == $id) | .verdict' "$1.json"; }
findings() { jq -r --arg id "$2" '.rules[] | select(.id == $id) | .broken' "$1.json"; }

"$mirrorscope" rules --json 2>/dev/null | jq -r '.[] | select(.party == "application") | .id' >applications
judged healthy none
must "it has no notifier, so that no invalidation is told" is "$(count healthy inv_start)" 0
must "what was unmapped is seen" test "$(count healthy vma_unmap)" -ge 10
must "what was mapped is seen" test "$(count healthy vma_map)" -ge 5
must "a cache that ends its registrations first keeps the rule" is "$(verdict healthy REG-05)" holds
must "and its device works with the right pages" is "$(verdict healthy REG-23)" holds

for defect in stale_hit discard remap; do
    judged $defect $defect
    must "$defect: the registration is stale" is "$(verdict $defect REG-05)" violated
    must "$defect: and the device uses it" is "$(verdict $defect REG-23)" violated
    must "$defect: nothing is said of a driver or the kernel" is \
        "$(jq -r '.rules[] | select(.verdict == "violated") | .id' $defect.json | grep -vxFf applications | tr '\n' ' ')" ""
    keep $defect
done
must "each of five rounds is one stale registration" is "$(findings stale_hit REG-05)" 5
must "mremap is said to be one" grep -q mremap remap.json
must "madvise is said to be one" grep -q madvise discard.json
"$mirrorscope" check --rules REG-05 --explain stale_hit >said
must "who registered it is said, with the stack" grep -qE 'ib_uverbs|ib_umem_get|uverbs' said
must "who took it away is said, with the stack" grep -qE 'munmap' said
cp said ./*.json ./*.summary /out/
