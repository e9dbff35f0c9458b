#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What does CI run? Records a test-suite in a guest (or takes a trace), checks it, leaves every report in one directory.
#
#   ci/check.sh --out DIR --command './run_tests.sh' [--kernel 7.x] [--module NAME]... [-- CHECK-OPTION...]
#   ci/check.sh --out DIR --trace TRACE [-- CHECK-OPTION...]
#
# The exit code is that of `mirrorscope check`; 2 if recording failed. What is not judged (--require) or is known (--baseline) is said by
# the CHECK-OPTIONs. $MIRRORSCOPE is the program, else build/release/cli/mirrorscope of this tree, else the installed one.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
out='' trace='' command='' kernel=7.x guest=()
die() { echo "ci/check.sh: $*" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case $1 in
    --out|--trace|--command|--kernel|--module)
      [ $# -ge 2 ] || die "$1 needs a value"
      case $1 in --out) out=$2 ;; --trace) trace=$2 ;; --command) command=$2 ;; --kernel) kernel=$2 ;; --module) guest+=(--module "$2") ;; esac
      shift 2 ;;
    --) shift; break ;;
    *) die "'$1' is not an option" ;;
  esac
done
[ -n "$out" ] || die "--out is missing"
if [ -n "$trace" ] && [ -n "$command" ] || [ -z "$trace$command" ]; then die "either --command or --trace"; fi

mirrorscope=${MIRRORSCOPE:-$root/build/release/cli/mirrorscope}
[ -x "$mirrorscope" ] || mirrorscope=$(command -v mirrorscope) || die "there is no mirrorscope; build it or set MIRRORSCOPE"
mkdir -p "$out"

if [ -n "$command" ]; then
  trace=$out/trace
  rm -rf "$trace"
  # the trace is copied: what the guest writes by mmap to /out may not all arrive
  inside="'$mirrorscope' record --system-wide --exit-code-from-command -o /tmp/trace -- sh -c '${command//\'/\'\\\'\'}'; code=\$?; cp -r /tmp/trace /out/trace; exit \$code"
  "$root/tests/lab/guest.sh" --kernel "$kernel" "${guest[@]}" --out "$out" --timeout "${TIMEOUT:-1800}" --quiet -- sh -c "$inside" ||
    die "the test-suite failed in the guest (exit $?); its output is above, the kernel's in $out/console.log"
fi

formats=(--format "text=$out/report.txt" --format "junit=$out/report.xml" --format "sarif=$out/report.sarif"
         --format "ktap=$out/report.tap" --format "markdown=$out/report.md" --format "json=$out/report.json")
[ "${GITHUB_ACTIONS:-}" != true ] || formats+=(--format github)
code=0
"$mirrorscope" check --explain "${formats[@]}" "$@" "$trace" || code=$?
[ "$code" != 2 ] || exit 2
[ "${GITHUB_ACTIONS:-}" = true ] || cat "$out/report.txt"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$out/report.md" >> "$GITHUB_STEP_SUMMARY"
exit $code
