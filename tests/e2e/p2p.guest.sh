#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Memory of a PCI device in a process: who pins it with which flags and what comes of it is in the trace, its source too, and no rule objects.
# kernels: 7.x
# guest: --nvme-cmb 64M
. "$(dirname "$0")/words.sh"
"$lab/inside/rxe.sh"
lab-modprobe nvme loop
until_true 50 0.2 test -b /dev/nvme0n1
truncate -s 4M other
other=$(losetup -f --show other)
rounds=40

"$mirrorscope" record --exit-code-from-command -o peers -- "$workloads/p2p_pins" --rounds $rounds --other "$other" --device rxe0 >said 2>summary
must "transfers arrive, and what must be refused is" is $? 0
cat summary
"$mirrorscope" dump peers --json --event pin_ret | jq -r '"\(.call) \(.gup_flags) \(.ret) \(.p2pdma)"' | sort | uniq -c >/out/pins.txt
# pinned SENTENCE CALL FLAGS RESULT P2PDMA: as often as there were rounds. FOLL_WRITE is 1, FOLL_LONGTERM 256, FOLL_PCI_P2PDMA 1024.
pinned() { must "$1" is "$(awk -v key="${*:2}" '$2 " " $3 " " $4 " " $5 == key { print $1 }' /out/pins.txt)" $rounds; }
pinned "what the disk reads from the peer is pinned as a peer's" pin_user_pages_fast 1024 16 16
pinned "what it writes there, too" pin_user_pages_fast 1025 16 16
pinned "ordinary memory for the same disk is pinned by the same flag" pin_user_pages_fast 1024 16 0
pinned "and written to" pin_user_pages_fast 1025 16 0
pinned "for a disk that reaches no peer it is pinned without" pin_user_pages_fast 0 16 0
pinned "which the peer refuses" pin_user_pages_fast 0 -121 0
pinned "process_vm_readv() is refused" pin_user_pages_remote 0 -121 0
pinned "a registration for reading is refused for long" pin_user_pages_fast 256 -121 0
# pages EVENT FIELD: how many were pinned, or given back
pages() { "$mirrorscope" dump peers --json --event "$1" | jq -s "[.[].$2 | select(. > 0)] | add"; }
must "each of these pins was given back" is "$(pages unpin npages)" "$(pages pin_ret ret)"

"$mirrorscope" check --all peers >/out/peers.txt
code=$?
must "no rule objects (exit $code)" test $code = 0 -o $code = 3
must "none is violated at all" is "$(grep -c '^violated' /out/peers.txt)" 0
# P2P-03 to P2P-07 are about dma-buf, device-private and exclusive pages. No driver of this guest has any: they are never exercised, or,
# where their events come from a driver's hook only, are not observable.
grep -E ' P2P-' /out/peers.txt
must "P2P-01 had each of them to judge" grep -qE "^holds +P2P-01 .* $((5 * rounds)) occasions" /out/peers.txt
must "REG-01 the counts of the pins" grep -qE '^holds +REG-01 ' /out/peers.txt
[ $bad = 0 ] || keep peers
