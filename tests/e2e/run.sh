#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs one test in a guest: run.sh BUILD KERNEL SCRIPT OUT. What the test writes to /out in the guest is in OUT afterwards.
#
# A script says in comments what it needs: "# guest: OPTIONS" of guest.sh; "# needs: module" for the reference driver in OUT, "# needs: my_driver"
# for the tutorial's in OUT/btf and, without type information, in OUT/no-btf. One CPU (--smp 1) does where no race is wanted, nothing is busy while a
# recorder begins and no run may be skipped: with a second one a recording begins and ends a quarter later, as every patch of the kernel's text
# interrupts it.
# DURATION (in seconds), OPERATIONS, CHANGES, TIMES and SEED of the environment reach a test that takes them; a guest may run for GUEST_SECONDS.
set -euo pipefail
build=$(cd "$1" && pwd) kernel=$2 script=$3 out=$4
cd "$(dirname "$0")/../.."
rm -rf "$out"
mkdir -p "$out"
! grep -q '^# needs: module' "$script" || tests/lab/module.sh "$kernel" "$out" > /dev/null
if grep -q '^# needs: my_driver' "$script"; then
    tests/lab/module.sh "$kernel" "$out/btf" examples/my_driver > /dev/null
    tests/lab/module.sh --no-btf "$kernel" "$out/no-btf" examples/my_driver > /dev/null
fi
read -ra options <<<"$(sed -n 's/^# guest: //p' "$script")"
settings=()
for name in DURATION OPERATIONS CHANGES TIMES SEED; do
    [ -z "${!name:-}" ] || settings+=("$name=${!name}")
done
exec tests/lab/guest.sh --kernel "$kernel" --memory 3G --timeout "${GUEST_SECONDS:-1700}" --out "$out" --quiet "${options[@]}" -- \
    env BUILD="$build" "${settings[@]}" bash "$script"
