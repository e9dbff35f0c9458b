#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where is a nouveau with SVM for this kernel? Debian builds it without (CONFIG_DRM_NOUVEAU_SVM), so it is built here once, from Debian's source of
# the same version, in the root where module.sh builds; --have only asks.
set -euo pipefail

usage="usage: nouveau.sh [--have] 7.x"
say() { printf 'nouveau.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }

have=
[[ ${1:-} != --have ]] || { have=1; shift; }
[[ $# -eq 1 && $1 == 7.x ]] || die "$usage"
name=$1
lab=$(cd "$(dirname "$0")" && pwd)
dir=$("$lab/kernel.sh" "$name")
release=$(<"$dir/version")
built=$dir/nouveau/$release/nouveau.ko

if [[ -s $built ]]; then echo "$built"; exit 0; fi
[[ -z $have ]] || { say "no nouveau with SVM was built for $release: tests/lab/nouveau.sh $name does it, in some minutes."; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$lab/module.sh" "$name" "$work/module" >/dev/null # makes the root
root=$dir/build

"$lab/source.sh" "$name" "$work/linux" drivers/gpu/drm/nouveau
inside=/tmp/nouveau.$$
trap 'rm -rf "$work" "$root$inside"' EXIT
cp -r "$work/linux/drivers/gpu/drm/nouveau" "$root$inside"
say "building nouveau with SVM for $release"
# its own option, for its makefile and for its headers; its two encoders are modules of their own
unshare --mount bash -c 'mount --bind /proc "$1/proc" && exec chroot "$1" make -s -j"$(nproc)" -C "/lib/modules/$2/build" "M=$3" \
    CONFIG_DRM_NOUVEAU_SVM=y KCFLAGS=-DCONFIG_DRM_NOUVEAU_SVM=1 CONFIG_DRM_NOUVEAU_CH7006= CONFIG_DRM_NOUVEAU_SIL164= modules' \
    bash "$root" "$release" "$inside" >"$work/log" 2>&1 || { tail -40 "$work/log" >&2; die "nouveau does not build for $release."; }
chroot "$root" strip -g "$inside/nouveau.ko" # 200 MB without that; its type information stays
mkdir -p "${built%/*}"
mv "$root$inside/nouveau.ko" "$built.tmp"
mv "$built.tmp" "$built"
echo "$built"
