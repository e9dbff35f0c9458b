#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is what `fleet check --kubernetes` prints a Job of batch/v1, does the test notice when it is not, and do its pods, run here one by one, do everything? The
# schema comes from npm.
#
# Usage: kubernetes_test.sh MIRRORSCOPE MAKE_TRACE
set -euo pipefail
mirrorscope=$1 make_trace=$2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source "$here/archive.sh"
bad=0
complain() { echo "NOT OK: $1"; bad=1; }
cd "$work"
command -v npm > /dev/null || { echo "SKIP: no npm"; exit 77; }
mkdir node && cp "$here/package.json" "$here/package-lock.json" "$here/validate_job.mjs" node/
npm ci --prefix node --no-audit --no-fund > npm.log 2>&1 || { tail -5 npm.log; echo "SKIP: npm cannot install the validator"; exit 77; }

make_archive archive 30
manifest() { "$mirrorscope" fleet check archive --results results --kubernetes --image registry.example/mirrorscope:1 "$@"; }
manifest --volume "traces=$work/archive" --volume "work=$work/results" --tasks 4 --chunk 1M -j 3 > job.json
node node/validate_job.mjs job.json || complain "the manifest is valid"
for change in '.spec.completions = "4"' '.spec.completionMode = "Numbered"' 'del(.spec.template)' '.spec.template.spec.containers[0].command = "x"' '.kind = "Work"'; do
  jq "$change" job.json > wrong.json
  ! node node/validate_job.mjs wrong.json > /dev/null 2>&1 || complain "a manifest with $change is found valid"
done
# the schema lets unknown names pass
[ "$(jq -c '.spec | del(.template)' job.json)" = '{"completionMode":"Indexed","completions":4,"parallelism":3,"backoffLimitPerIndex":2}' ] || complain "its numbers: $(jq -c .spec job.json)"
[ "$(jq -c '.spec.template.spec.volumes[1]' job.json)" = '{"name":"volume-1","persistentVolumeClaim":{"claimName":"work"}}' ] || complain "its volumes"
[ "$(jq -r '.spec.template.spec.containers[0].volumeMounts[1].mountPath' job.json)" = "$work/results" ] || complain "where they are"
jq -e '.metadata.name | test("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$") and length <= 52' job.json > /dev/null || complain "a name that a pod's host name can begin with"

mapfile -t command < <(jq -r '.spec.template.spec.containers[0].command[]' job.json)
[ "${command[0]}" = mirrorscope ] || complain "its program"
for ((i = 0; i < $(jq .spec.completions job.json); ++i)); do
  JOB_COMPLETION_INDEX=$i "$mirrorscope" "${command[@]:1}" > pod.out || [ $? = 3 ]
done
same_one_by_one results

refused() { # SENTENCE OPTION...
  local sentence=$1
  shift
  ! manifest "$@" > out 2> err || complain "refused: $sentence"
  grep -qF -- "$sentence" err || { complain "says: $sentence"; cat err; }
}
refused "no --volume holds the results" --rules SEQ-01
refused "no --volume holds the trace" --rules SEQ-01 --volume "work=$work/results"
refused "'work' is no volume; write CLAIM=/PATH" --volume work
exit $bad
