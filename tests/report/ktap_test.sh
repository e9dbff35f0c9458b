#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does the kernel's own parser (tools/testing/kunit) read the KTAP as it is meant? Needs a kernel tree: LINUX_SOURCE, or below /usr/src.
source "$(dirname "$0")/words.sh"
parser=$(ls -d "${LINUX_SOURCE:-/usr/src/linux}"/tools/testing/kunit /usr/src/linux-source-*/tools/testing/kunit 2> /dev/null | head -1 || true)
[ -n "$parser" ] || { echo "SKIP: no tools/testing/kunit; set LINUX_SOURCE to a kernel tree"; exit 77; }
trace driver_bug doubt all_well

"$mirrorscope" check --format ktap driver_bug doubt all_well > report.ktap || true
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$parser python3 - report.ktap parsed > printed 2> err << 'PYTHON' || { cat err; complain "the parser fails"; }
import sys
import kunit_parser
lines = open(sys.argv[1]).read().splitlines()
try:
    from kunit_printer import Printer
    test = kunit_parser.parse_run_tests(lines, Printer())
except (ImportError, TypeError):
    test = kunit_parser.parse_run_tests(lines)
out = open(sys.argv[2], "w")
for suite in test.subtests:
    c = suite.counts
    print(suite.name, suite.status.name, c.passed, c.failed, c.skipped, c.errors, file=out)
PYTHON
count() { { "$mirrorscope" check --format json "$1" || true; } | jq "[.rules[] | select($2)] | length"; }
for name in driver_bug doubt all_well; do
  skipped=$(count $name '.verdict == "not_observable" or .verdict == "never_exercised"')
  failed=$(count $name '(.verdict == "violated" or .verdict == "inconclusive") and .level == "hard"')
  total=$(count $name true)
  status=$([ "$failed" = 0 ] && echo SUCCESS || echo FAILURE)
  echo "$name $status $((total - failed - skipped)) $failed $skipped 0"
done > wanted
diff -u wanted parsed || { complain "the parser sees something else"; cat err; }
exit $bad
