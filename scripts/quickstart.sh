#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What does mirrorscope do? Installs, builds, records a real kernel under real driver traffic, checks the recording.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-10}
out=quickstart-trace
say() { printf '\n== %s\n' "$*"; }

say "1. what is needed"
./scripts/install-deps.sh

say "2. build"
cmake --preset release -DMIRRORSCOPE_TESTS=ON > build-configure.log 2>&1 || { cat build-configure.log; rm -f build-configure.log; exit 1; }
rm -f build-configure.log
cmake --build --preset release --target mirrorscope rdma_churn mm_reap kvm_tap -- --quiet
mirrorscope=build/release/cli/mirrorscope

say "3. record a real kernel"
rm -rf "$out"
# this machine, if it can be traced and has a device to mirror with; else a guest with Soft-RoCE and on-demand paging
if "$mirrorscope" doctor > doctor.txt 2>&1 && ls /sys/class/infiniband/* > /dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "this machine can be traced: recording everything on it for $seconds s"
  "$mirrorscope" record --system-wide --duration "$seconds" -o "$out"
else
  echo "this machine cannot be traced, or has no RDMA device ('$mirrorscope doctor' says more): a guest is recorded"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  tests/lab/guest.sh --kernel 7.x --memory 3G --swap 512M --timeout $((seconds * 6 + 240)) --out "$work" --quiet -- \
    tests/lab/inside/record_load.sh "$PWD/build/release" odp "$seconds" > "$work/guest.txt" 2>&1 || { cat "$work/guest.txt"; exit 1; }
  grep -E '^(recorded|trace|probes|program|mode|mismatches)' "$work/guest.txt" || true
  cp -r "$work/trace" "$out"
fi
rm -f doctor.txt

say "4. check the recording"
code=0
"$mirrorscope" check "$out" || code=$?
case $code in
  0) verdict="no hard rule was violated" ;;
  1) verdict="a rule was violated" ;;
  3) verdict="not everything could be judged" ;;
  *) exit "$code" ;;
esac
printf '\nVerdict: %s.\nNext: %s check --explain %s\n' "$verdict" "$mirrorscope" "$out"
exit $((code == 1))
