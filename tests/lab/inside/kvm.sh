#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Can this guest run guests of its own? In the guest: loads kvm-amd or kvm-intel, as the CPU has it, and says in one line that /dev/kvm works.
set -euo pipefail

case $(grep -m1 -oE '^flags.*\b(svm|vmx)\b' /proc/cpuinfo || true) in
    *svm) module=kvm-amd ;;
    *vmx) module=kvm-intel ;;
    *) echo "kvm.sh: the guest's CPU has neither svm nor vmx." >&2; exit 1 ;;
esac
lab-modprobe "$module" || { echo "kvm.sh: $module did not load." >&2; exit 1; }
[[ -c /dev/kvm ]] || { echo "kvm.sh: $module is loaded, and there is no /dev/kvm." >&2; exit 1; }
echo "/dev/kvm is there ($module)"
