#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does the Debian package install on a Debian that has nothing else, work there, and go without a trace?
set -euo pipefail
build=$(cd "${1:?build directory}" && pwd)
skip() { echo "SKIP: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "not root"
command -v mmdebstrap > /dev/null || skip "mmdebstrap is not installed"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
complain() { echo "FAILED: $1"; bad=1; }

(cd "$work" && cpack -G DEB --config "$build/CPackConfig.cmake" -B "$work/deb" > "$work/log" 2>&1) || { tail "$work/log"; exit 1; }
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
root=$work/root
mmdebstrap --quiet --variant=apt --skip=cleanup/apt "$codename" "$root" > "$work/log" 2>&1 || skip "no clean Debian can be made here: $(grep -m1 '^E:' "$work/log" || tail -1 "$work/log")"
cp "$work"/deb/*.deb "$root/mirrorscope.deb"
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"; }

(cd "$root" && find . -xdev -not -path './var/*' | sort) > "$work/before"
inside apt-get install -y --no-install-recommends /mirrorscope.deb > "$work/log" 2>&1 || { tail "$work/log"; complain "it does not install"; exit 1; }
inside dpkg -L mirrorscope | while read -r file; do [ -d "$root$file" ] || echo "$file"; done > "$work/files"
[ "$(wc -l < "$work/files")" -gt 20 ] || complain "the package has hardly a file"
inside mirrorscope --version > /dev/null || complain "the program does not run"
inside mirrorscope explore hmm_mirror --mutant skip_read_retry --write-trace /root/model > /dev/null && complain "explore finds nothing"
code=0
inside mirrorscope check --rules SEQ-04 /root/model > "$work/check" || code=$?
[ $code = 1 ] || complain "check says $code of a trace with a finding"
inside mirrorscope report -o /root/page.html /root/model > /dev/null || [ $? = 1 ] || complain "report writes no page"
[ -s "$root/root/page.html" ] || complain "the page is empty"
inside apt-get purge -y mirrorscope > "$work/log" 2>&1 || { tail "$work/log"; complain "it cannot be removed"; }
while read -r file; do [ ! -e "$root$file" ] || complain "left behind: $file"; done < "$work/files"
inside apt-get autoremove -y --purge > "$work/log" 2>&1
(cd "$root" && find . -xdev -not -path './var/*' -not -path './root/*' | sort) > "$work/after"
comm -13 "$work/before" "$work/after" | grep -v "^./etc/ld.so.cache\|/__pycache__" | grep . && complain "something that was not there before is still there"
exit $bad
