#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Are the generated pages what the tables say today? With --write they are made anew.
set -euo pipefail
mirrorscope=${1:?path of mirrorscope}
docs=$(cd "$(dirname "$0")/../../docs" && pwd)
bad=0
page() { # FILE ARGUMENTS...
  local file=$1; shift
  if [ "${WRITE:-}" = 1 ]; then
    "$mirrorscope" "$@" > "$docs/$file"
  elif ! diff -u "$docs/$file" <("$mirrorscope" "$@"); then
    echo "$file is old: cmake --build BUILD --target docs"
    bad=1
  fi
}
if [ "${WRITE:-}" = 1 ]; then
  bash "$docs/../tests/bpf/hooks.sh" > "$docs/hooks.md"
elif ! diff -u "$docs/hooks.md" <(bash "$docs/../tests/bpf/hooks.sh"); then
  echo "hooks.md is old: cmake --build BUILD --target docs"
  bad=1
fi
page events.md events --markdown
page rules.md rules --markdown
page mutants.md explore --markdown
page query.md query --markdown
# a build without libbpf has no exporter
if "$mirrorscope" exporter --print docs > /dev/null 2>&1; then
  page metrics.md exporter --print docs
  page ../dashboards/grafana.json exporter --print dashboard
  page ../dashboards/alerts.yml exporter --print alerts
fi
exit $bad
