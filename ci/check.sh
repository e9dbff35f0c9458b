#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What does CI run? Records a test-suite in a guest (or takes a trace), checks it, leaves every report in one directory.
set -euo pipefail
usage() {
  cat <<'TEXT'
usage: ci/check.sh --out DIR --command './run_tests.sh' [--kernel KERNEL] [--module NAME]... [--name NAME] [-- CHECK-OPTION...]
       ci/check.sh --out DIR --trace TRACE [--name NAME] [-- CHECK-OPTION...]

  --out DIR       the reports, and the trace that was recorded
  --command TEXT  the test-suite, for sh in a guest, under `mirrorscope record`
  --kernel KERNEL 6.1, 6.12, 7.x (default), or one that was just built: the directory of `make dir-pkg`, the archive of
                  `make tar-pkg`, the linux-image package of `make bindeb-pkg`, by a path with a slash in it
  --module NAME   load this module in the guest before; may be repeated
  --trace TRACE   instead of --command: what was recorded elsewhere
  --name NAME     of the suite in JUnit and KTAP (default: "mirrorscope")

Exit code: that of `mirrorscope check`; 2 if recording failed; 5 if check ends with 0 and the test-suite itself failed. What is not judged
(--require) or is known (--baseline) is said by the CHECK-OPTIONs. $MIRRORSCOPE is the program, else build/release/cli/mirrorscope of this
tree, else the installed one.
TEXT
}
root=$(cd "$(dirname "$0")/.." && pwd)
out='' trace='' command='' kernel=7.x name=mirrorscope guest=()
die() { echo "ci/check.sh: $*" >&2; exit 2; }
while [ $# -gt 0 ]; do
  case $1 in
    --help|-h) usage; exit 0 ;;
    --out|--trace|--command|--kernel|--module|--name)
      [ $# -ge 2 ] || die "$1 needs a value"
      case $1 in --out) out=$2 ;; --name) name=$2 ;; --trace) trace=$2 ;; --command) command=$2 ;; --kernel) kernel=$2 ;; --module) guest+=(--module "$2") ;; esac
      shift 2 ;;
    --) shift; break ;;
    *) die "'$1' is not an option; see ci/check.sh --help" ;;
  esac
done
[ -n "$out" ] || die "--out is missing"
if [ -n "$trace" ] && [ -n "$command" ] || [ -z "$trace$command" ]; then die "either --command or --trace"; fi

mirrorscope=${MIRRORSCOPE:-$root/build/release/cli/mirrorscope}
[ -x "$mirrorscope" ] || mirrorscope=$(command -v mirrorscope) || die "there is no mirrorscope; build it or set MIRRORSCOPE"
mkdir -p "$out"

failed=0
if [ -n "$command" ]; then
  trace=$out/trace
  rm -rf "$trace" "$out/recorded"
  # the trace is copied: what the guest writes by mmap to /out may not all arrive
  inside="there=\$(mktemp -d); '$mirrorscope' record --system-wide --exit-code-from-command -o \$there/trace -- sh -c '${command//\'/\'\\\'\'}'; code=\$?
    cp -r \$there/trace /out/trace && : >/out/recorded; exit \$code"
  "$root/tests/lab/guest.sh" --kernel "$kernel" "${guest[@]}" --out "$out" --timeout "${TIMEOUT:-1800}" --quiet -- sh -c "$inside" || failed=$?
  # a test-suite that fails is the one whose report is wanted most
  [ -e "$out/recorded" ] || die "nothing was recorded (exit $failed); the guest's output is above, the kernel's in $out/console.log"
  rm "$out/recorded"
  [ "$failed" = 0 ] || echo "ci/check.sh: the test-suite failed in the guest (exit $failed); what it did is judged all the same" >&2
fi

formats=(--format "text=$out/report.txt" --format "junit=$out/report.xml" --format "sarif=$out/report.sarif"
         --format "ktap=$out/report.tap" --format "markdown=$out/report.md" --format "json=$out/report.json")
[ "${GITHUB_ACTIONS:-}" != true ] || formats+=(--format github)
code=0
"$mirrorscope" check --explain --name "$name" "${formats[@]}" "$@" "$trace" || code=$?
[ "$code" != 2 ] || exit 2
[ "${GITHUB_ACTIONS:-}" = true ] || cat "$out/report.txt"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$out/report.md" >> "$GITHUB_STEP_SUMMARY"
[ "$code" = 0 ] && [ "$failed" != 0 ] && exit 5
exit "$code"
