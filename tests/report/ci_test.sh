#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does ci/check.sh leave every report, and speak to GitHub where it is there? The part with a guest is for tests/e2e.
source "$(dirname "$0")/words.sh"
trace driver_bug doubt all_well
ci=$(cd "$here/../../ci" && pwd)
export MIRRORSCOPE=$mirrorscope
unset GITHUB_ACTIONS GITHUB_STEP_SUMMARY

exits 1 "$ci/check.sh" --out report --trace driver_bug
[ "$(cd report && echo *)" = "report.json report.md report.sarif report.tap report.txt report.xml" ] || complain "reports: $(ls report)"
grep -q '^Who invalidated' out || complain "the log has no explanation"
exits 0 "$ci/check.sh" --out report --trace all_well
exits 3 "$ci/check.sh" --out report --trace doubt
exits 3 "$ci/check.sh" --out report --trace all_well -- --require 'MIG-*'
exits 2 "$ci/check.sh" --out report --trace not_there
exits 2 "$ci/check.sh" --out report
exits 0 "$ci/check.sh" --help
grep -q -- '--kernel KERNEL' out || complain "no help"

# a history of results needs a name that stays, wherever the trace lies
exits 1 "$ci/check.sh" --out report --trace driver_bug --name 'my driver'
[ "$(xmllint --xpath 'string(//testsuite/@name)' report/report.xml)" = "my driver" ] || complain "JUnit: the suite's name"
[ "$(grep -c 'my driver$' report/report.tap)" = 2 ] || complain "KTAP: the suite's name"
exits 2 "$mirrorscope" check --name one driver_bug all_well

GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=summary.md exits 1 "$ci/check.sh" --out report --trace driver_bug
grep -q '^::error title=SEQ-01 sequence_not_stored::' out || complain "GitHub: no annotation"
grep -q '^| SEQ-01 ' summary.md || complain "GitHub: no summary"

# the action and the template pass on what check.sh takes
for file in "$ci/github/action.yml" "$ci/gitlab/mirrorscope.gitlab-ci.yml"; do
  python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' "$file" || complain "$file is no YAML"
  for option in --command --trace --kernel; do grep -q -- "$option" "$file" || complain "$file does not pass $option"; done
done
exit $bad
