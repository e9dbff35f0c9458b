#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does npm's speedscope, in a real Chromium, see the tracks and calls of `export --format chrome`?
#
# SCREENSHOTS=DIR keeps pictures of what was seen; TRACES='DIR...' looks at those, too.
source "$(dirname "$0")/words.sh"
chromium=$(command -v chromium || command -v chromium-browser) || { echo "SKIP: no chromium"; exit 77; }
trace driver_bug application_mistake
"$mirrorscope" explore kvm --mutant busy_not_asked --write-trace kvm > out 2>&1 || true
mkdir node && cp "$here"/browser/* node/
npm ci --prefix node --ignore-scripts --prefer-offline --no-audit --no-fund > npm.log 2>&1 || { tail -5 npm.log; complain "npm cannot install speedscope"; exit 1; }
for name in driver_bug application_mistake kvm ${TRACES:-}; do
  "$mirrorscope" export --format chrome -o trace.json "$name"
  node node/speedscope_test.mjs "$chromium" trace.json ${SCREENSHOTS:+"$SCREENSHOTS/speedscope-$(basename "$name").png"} || complain "$name"
done
exit $bad
