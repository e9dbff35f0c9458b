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
grep -q 'onerror' <("$mirrorscope" report -o - hostile) || complain "the hostile name is not in its page: the test shows nothing"
exit $bad
