#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does the page work in a real Chromium: counts, zoom, jumps, names, dark, narrow, hostile names, no request?
#
# SCREENSHOTS=DIR keeps pictures of what was seen; TRACES='DIR...' looks at those, too.
source "$(dirname "$0")/words.sh"
make_trace=${3:?path of make_trace}
chromium=$(command -v chromium || command -v chromium-browser) || { echo "SKIP: no chromium"; exit 77; }
trace driver_bug application_mistake doubt all_well
"$case_trace" "$here/browser/hostile.cases" hostile hostile
"$mirrorscope" explore hmm_mirror --mutant skip_read_retry --write-trace explored > out 2>&1 || true
"$make_trace" long "${RECORDS:-1000000}" > out

mkdir node && cp "$here"/browser/* node/
npm ci --prefix node --ignore-scripts --prefer-offline --no-audit --no-fund > npm.log 2>&1 || { tail -5 npm.log; complain "npm cannot install puppeteer-core"; exit 1; }

for name in driver_bug application_mistake doubt all_well hostile explored long ${TRACES:-}; do
  short=$(basename "$(dirname "$PWD/$name/x")")
  [ "$short" != trace ] || short=$(basename "$(dirname "$name")")
  "$mirrorscope" report -o page.html "$name" 2> err || [ $? != 2 ] || complain "$name: no page"
  "$mirrorscope" check --format json "$name" > check.json || true
  node node/page_test.mjs "$chromium" page.html check.json "$short" ${SCREENSHOTS:+"$SCREENSHOTS"} || complain "$name"
done
# what differs from a run before, and what many results say together
"$make_trace" before 40000 4 2 8 1 > out
"$make_trace" after 40000 4 2 8 2 4000 > out
"$mirrorscope" report --before before -o page.html after 2> err || complain "no page of two runs"
"$mirrorscope" check --format json after > check.json
node node/page_test.mjs "$chromium" page.html check.json compared ${SCREENSHOTS:+"$SCREENSHOTS"} || complain "a slower callback"
"$mirrorscope" report --before all_well -o page.html driver_bug 2> err || [ $? = 1 ] || complain "no page of a new finding"
"$mirrorscope" check --format json driver_bug > check.json || true
node node/page_test.mjs "$chromium" page.html check.json new_finding ${SCREENSHOTS:+"$SCREENSHOTS"} || complain "a new finding"
for name in driver_bug doubt all_well; do "$mirrorscope" check --format json -o "$name.json" "$name" > out || true; done
"$mirrorscope" report -o page.html driver_bug.json doubt.json all_well.json doubt.json 2> err || [ $? = 1 ] || complain "no page of results"
"$mirrorscope" merge --format json driver_bug.json doubt.json all_well.json doubt.json > check.json || true
node node/page_test.mjs "$chromium" page.html check.json merged ${SCREENSHOTS:+"$SCREENSHOTS"} || complain "a merged result"
grep -q 'onerror' <("$mirrorscope" report -o - hostile) || complain "the hostile name is not in its page: the test shows nothing"
exit $bad
