#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does an installation have everything, does the installed program run, and is the Debian package the same?
set -euo pipefail
build=${1:?build directory}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
complain() { echo "FAILED: $1"; bad=1; }

cmake --build "$build" --target manual > "$work/log" 2>&1 || { tail "$work/log"; exit 1; }
cmake --install "$build" --prefix "$work/usr" > "$work/log"
live=()
! grep -q '^MIRRORSCOPE_LIVE:BOOL=ON' "$build/CMakeCache.txt" ||
  live=(lib/systemd/system/mirrorscope-exporter.service share/mirrorscope/grafana.json share/mirrorscope/alerts.yml
    libexec/mirrorscope/slurm/prolog.sh libexec/mirrorscope/slurm/epilog.sh libexec/mirrorscope/slurm/thin.sh libexec/mirrorscope/slurm/settings.sh)
for file in bin/mirrorscope share/man/man1/mirrorscope.1 share/man/man1/mirrorscope-check.1 share/man/man5/mirrorscope-trace.5 \
  share/bash-completion/completions/mirrorscope share/doc/mirrorscope/README.md "${live[@]}"; do
  [ -s "$work/usr/$file" ] || complain "not installed: $file"
done
[ "$("$work/usr/bin/mirrorscope" --version)" = "$(sed -n 's/^set(CPACK_PACKAGE_VERSION "\(.*\)")/\1/p' "$build/CPackConfig.cmake")" ] ||
  complain "the installed program is another version"

(cd "$work" && cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/deb" > "$work/log" 2>&1) || { tail "$work/log"; complain "cpack"; }
deb=("$work"/deb/*.deb)
[ -s "${deb[0]}" ] || { complain "no package"; exit 1; }
diff -u <(cd "$work/usr" && find . -type f | sort) <(dpkg-deb -c "${deb[0]}" | awk '$1 ~ /^-/ {print $6}' | sed 's|^\./usr/|./|' | sort) ||
  complain "the package has other files than an installation"
grep -q libc6 <<< "$(dpkg-deb -f "${deb[0]}" Depends)" || complain "the package does not say what it depends on"
exit $bad
