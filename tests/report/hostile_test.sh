#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Names that somebody chose to do harm: does every output stay what it is, with every byte of them in it?
source "$(dirname "$0")/words.sh"
hostile_trace=${4:?path of hostile_trace}
trace application_mistake doubt

# probes have names too
sed '/^case driver_bug/a\  about probe_state event=1 fn=0xf1 how=fentry function=toy_invalidate\n  about probe_state event=2 how=absent function=nowhere' \
  "$here/findings.cases" > probes.cases
"$case_trace" probes.cases driver_bug probes
python3 "$here/hostile.py" "$mirrorscope" "$hostile_trace" probes application_mistake doubt || complain "see above"
exit $bad
