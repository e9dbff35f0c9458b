#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is the SARIF valid by the schema of SARIF 2.1.0, and does the test notice when it is not? The schema and a validator come from npm.
source "$(dirname "$0")/words.sh"
command -v npm > /dev/null || { echo "SKIP: no npm"; exit 77; }
trace driver_bug application_mistake doubt all_well
mkdir node && cp "$here/package.json" "$here/package-lock.json" "$here/validate_sarif.cjs" node/
npm ci --prefix node --no-audit --no-fund > npm.log 2>&1 || { tail -5 npm.log; echo "SKIP: npm cannot install the validator"; exit 77; }
valid() { node node/validate_sarif.cjs "$1"; }

for options in '' '--explain' '--explain --write-baseline known.json'; do
  # shellcheck disable=SC2086 # a list of options
  "$mirrorscope" check $options --format sarif=out.sarif driver_bug application_mistake doubt all_well > /dev/null || true
  valid out.sarif || complain "not valid: check $options --format sarif"
done
rules=$("$mirrorscope" rules --json | jq length)
[ "$(jq -c '[.runs[].tool.driver.rules | length] | unique' out.sarif)" = "[$rules]" ] || complain "every rule is described"
[ "$(jq '[.runs[] | . as $run | .results[] | select($run.tool.driver.rules[.ruleIndex].id != .ruleId)] | length' out.sarif)" = 0 ] ||
  complain "ruleIndex points to another rule"
[ "$(jq -c '[.runs[1].results[0].stacks[0].frames[].location.logicalLocations[0].fullyQualifiedName]' out.sarif)" = '["unmap_vmas+0x83"]' ] ||
  complain "the stack of who invalidated"

[ "$(jq -r '.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri' out.sarif)" = driver_bug/metadata ] || complain "the place"

jq '.runs[0].results[0].level = "dreadful"' out.sarif > broken.sarif
! valid broken.sarif > /dev/null 2>&1 || complain "a wrong file is found valid"
exit $bad
