#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# On every kernel: doctor says what there is, record gives a trace, what the kernel lacks is named and is no error.
# guest: --smp 1
# kernels: 6.1 6.12 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/kvm.sh"
"$mirrorscope" doctor >/out/doctor.txt
must "doctor finds this kernel fit" is $? 0
must "it speaks of each thing once" is "$(sed -n 's/^  \(yes\|no \) *\([A-Za-z_]*\) .*/\2/p' /out/doctor.txt | sort | uniq -d)" ""
"$mirrorscope" record -o run --stats -- "$workloads/kvm_tap" --seconds 2 >/dev/null 2>summary
must "record works" is $? 0
cat summary
must "events were recorded" test "$(count run hl_start)" -gt 10
must "what was sent was delivered" is "$(field run stopped sent)" "$(field run stopped delivered)"
must "babeltrace2 reads as many records" is "$(babeltrace2 ./run 2>/dev/null | wc -l)" "$("$mirrorscope" dump run | wc -l)"
"$mirrorscope" record -o kprobes --kprobes -- "$workloads/kvm_tap" --seconds 2 >/dev/null 2>summary
must "record works with kprobes alone" is $? 0
must "they are kprobes" is "$("$mirrorscope" dump kprobes --event probe_state | grep -cE 'how=(fentry|fexit)')" 0
must "events were recorded with kprobes" test "$(count kprobes hl_start)" -gt 10
