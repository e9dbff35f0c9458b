#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A tiny guest inside the guest, and fixed buffers of io_uring: their mappings and registrations are in the trace, no rule objects to KVM, and
# memory that goes while it is registered is the application's.
# kernels: 6.1 7.x
# long: 6.12
. "$(dirname "$0")/words.sh"
"$lab/inside/kvm.sh"

"$mirrorscope" record --exit-code-from-command -o kvm -- "$workloads/kvm_tap" --seconds 4 --pace 3000 >tap 2>summary
must "the machine saw the right memory all the time" is $? 0
cat summary
must "nothing was lost in a ring" is "$(field kvm stopped lost)" 0
must "KVM says what it promises, before it maps" grep -qE 'sub=0x0 .*discipline=unmap .*driver=kvm' <("$mirrorscope" dump kvm --event dev_ctx)
must "and is gone in the end" is "$("$mirrorscope" dump kvm --event dev_ctx_end | grep -c driver=kvm)" 1
for event in dev_fault dev_fault_ret dev_map dev_unmap revalidate; do
    n=$("$mirrorscope" dump kvm --event $event | grep -c driver=kvm)
    echo "$event: $n"
    must "$event of KVM is in the trace" test "$n" -gt 50
done
"$mirrorscope" check kvm >/out/kvm.txt 2>&1
code=$?
must "no rule objects to KVM (exit $code)" test $code = 0 -o $code = 3
# judged RULE: on more than 50 occasions.
judged() { test "$(sed -nE "s/^(holds|inconclusive) +$1 .* ([0-9,]+) occasions$/\2/p" /out/kvm.txt | tr -d ,)" -gt 50; }
for rule in ORD-10 ORD-11 ORD-18 LIF-06; do must "$rule had something to judge" judged $rule; done
"$mirrorscope" record --exit-code-from-command -o uring -- "$workloads/pin_churn" --tap --seconds 4 --pace 3000 >churn 2>summary
must "what was transferred is right" is $? 0
cat summary
registered=$("$mirrorscope" dump uring --event reg | grep -c driver=io_uring)
ended=$("$mirrorscope" dump uring --event dereg | grep -c driver=io_uring)
echo "registered $registered, ended $ended"
must "buffers were registered" test "$registered" -gt 20
must "each of them ended" is "$registered" "$ended"
"$mirrorscope" check uring >/out/uring.txt 2>&1
must "memory that goes while it is registered is found" grep -q 'REG-05' /out/uring.txt
must "and is the application's contract, no driver's" grep -qE 'contract of the$|contract of the application' <("$mirrorscope" check --explain --rules REG-05 uring 2>/dev/null)
