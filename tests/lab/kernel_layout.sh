#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An unpacked kernel becomes what the guests boot: kernel_layout.sh ROOT RELEASE NEW. ROOT is laid out as a package installs it (boot/vmlinuz-RELEASE,
# boot/config-RELEASE, [usr/]lib/modules/RELEASE) and is used up. NEW gets version, vmlinuz, vmlinux.btf and modules/lib/modules/RELEASE.
set -euo pipefail
[[ $# -eq 3 ]] || { echo "usage: kernel_layout.sh ROOT RELEASE NEW" >&2; exit 2; }
root=$1 release=$2 new=$3
lab=$(cd "$(dirname "$0")" && pwd)
say() { printf 'kernel_layout.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }

# Releases differ in where they put things: /boot or beside the modules, /lib or /usr/lib.
tree=$new/modules/lib/modules/$release
mkdir -p "$new/modules/lib/modules"
for where in usr/lib lib; do
    [[ ! -d $root/$where/modules/$release ]] || mv "$root/$where/modules/$release" "$tree"
done
[[ -d $tree/kernel ]] || die "$release has no modules."
for file in vmlinuz config; do
    [[ ! -f $root/boot/$file-$release ]] || mv "$root/boot/$file-$release" "$tree/$file"
    [[ -s $tree/$file ]] || die "$release has no $file."
done
mv "$tree/vmlinuz" "$new/vmlinuz"

# busybox loads modules in the guest and finds them by an index that an installed package would have made.
say "unpacking the modules of $release"
for packed in xz:'xz -d' gz:'gzip -d' zst:'zstd -qd --rm'; do
    find "$new/modules" -name "*.ko.${packed%%:*}" -print0 | xargs -0r -n 64 -P "$(nproc)" ${packed#*:}
done
busybox depmod -b "$new/modules" "$release"

say "extracting the BTF of $release"
image=$(mktemp)
trap 'rm -f "$image"' EXIT
"$lab/vmlinux.sh" "$new/vmlinuz" "$image" || die "no ELF image was found inside the vmlinuz of $release."
objcopy --dump-section ".BTF=$new/vmlinux.btf" "$image" /dev/null 2>/dev/null || true
[[ -s $new/vmlinux.btf ]] || die "$release carries no BTF: CONFIG_DEBUG_INFO_BTF is not set."
echo "$release" >"$new/version"
