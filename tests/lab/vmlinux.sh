#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Which uncompressed vmlinux is inside this vmlinuz? The idea of the kernel's scripts/extract-vmlinux: try every compressed payload.
set -euo pipefail

[[ $# -eq 2 ]] || { echo "usage: vmlinux.sh VMLINUZ OUTPUT" >&2; exit 2; }
vmlinuz=$1 output=$2

try() { # MAGIC-REGEX DECOMPRESSOR...
    local magic=$1 at; shift
    command -v "$1" >/dev/null || return 1
    for at in $(LC_ALL=C grep -aboP -- "$magic" "$vmlinuz" | cut -d: -f1); do
        # Bytes follow the payload, so the decompressor complains at the end: what counts is whether an ELF file came out.
        tail -c +$((at + 1)) "$vmlinuz" | "$@" >"$output" 2>/dev/null || true
        [[ $(head -c 4 "$output" | tr -d '\177') != ELF ]] || return 0
    done
    return 1
}

try '\xfd7zXZ\x00' unxz || try '\x28\xb5\x2f\xfd' zstd -dc || try '\x1f\x8b\x08' gzip -dc ||
    try '\x02\x21\x4c\x18' lz4 -dc || try '\x5d\x00\x00\x00' unlzma || {
    rm -f "$output"
    echo "vmlinux.sh: $vmlinuz holds no payload that the installed xz, zstd, gzip or lz4 can unpack." >&2
    exit 1
}
