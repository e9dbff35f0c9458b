#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Can KVM run this kernel here, or must QEMU emulate it? Prints kvm or tcg; tried once per host kernel, then remembered.
set -euo pipefail

[[ $# -eq 2 ]] || { echo "usage: accel.sh KERNEL-DIRECTORY INITRAMFS" >&2; exit 2; }
kernel=$1 initramfs=$2

[[ -r /dev/kvm && -w /dev/kvm ]] || { echo tcg; exit 0; }
# A host without svm and vmx that has /dev/kvm anyway runs only guests built for it (PVM): a stock kernel hangs there.
grep -qE '^flags.*\b(svm|vmx)\b' /proc/cpuinfo || { echo tcg; exit 0; }

answer=$kernel/accel-$(uname -r)
if [[ ! -s $answer ]]; then
    echo "accel.sh: trying KVM for at most 10 s" >&2
    console=$(mktemp)
    trap 'rm -f "$console"' EXIT
    # Without its shares the init powers off as soon as it runs: getting there is the answer.
    timeout 10 qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none -m 512M -cpu max -accel kvm \
        -kernel "$kernel/vmlinuz" -initrd "$initramfs" -append "console=ttyS0 panic=-1 rdinit=/init" \
        -serial "file:$console" </dev/null >/dev/null 2>&1 || true
    if grep -aq 'lab: ' "$console"; then echo kvm; else echo tcg; fi >"$answer.new.$$"
    mv "$answer.new.$$" "$answer"
fi
cat "$answer"
