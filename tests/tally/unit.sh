#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does systemd understand the unit, and how exposed does it think the service is? Reads files only, systemd need not run.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed 's|/usr/bin/mirrorscope exporter|/bin/true|' "$1" > "$work/mirrorscope-exporter.service"
said=$(systemd-analyze verify --man=no "$work/mirrorscope-exporter.service" 2>&1 | grep "mirrorscope-exporter" || true)
[ -z "$said" ] || { echo "$said"; exit 1; }
# CAP_SYS_ADMIN, which module BTF needs to begin with, is most of what is left
systemd-analyze security --offline=true --threshold=45 "$work/mirrorscope-exporter.service" | tail -1
