#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where is this kernel, unpacked and ready to boot? Of a Debian series it is fetched once; one that was just built is given by its path
# (built_kernel.sh). Prints its cache directory.
set -euo pipefail

usage="usage: kernel.sh 6.1 | 6.12 | 7.x | PATH"

say() { printf 'kernel.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }

[[ $# -eq 1 ]] || die "$usage"
name=$1
[[ $name != */* ]] || exec "$(dirname "$0")/built_kernel.sh" "$name"

# packages: what holds the vmlinuz (first), the modules and their lists; VER stands for the release.
case $name in
    6.1)  suites="bookworm";                   series='6\.1\.[0-9]';  packages="linux-image-VER" ;;
    6.12) suites="bookworm-backports trixie";  series='6\.12\.[0-9]'; packages="linux-image-VER" ;;
    7.x)  suites="trixie-backports";           series='7\.[0-9]';     packages="linux-binary-VER linux-modules-VER linux-base-VER" ;;
    *) die "no kernel is called '$name'; $usage" ;;
esac

cache=${MIRRORSCOPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mirrorscope}
dir=$cache/kernels/$name

ready() { [[ -s $dir/version && -s $dir/vmlinuz && -s $dir/vmlinux.btf ]]; }
if ready; then echo "$dir"; exit 0; fi

for tool in apt-get dpkg xz objcopy busybox flock; do
    command -v "$tool" >/dev/null || die "'$tool' is missing; unpacking a kernel needs apt, dpkg, xz-utils, binutils, busybox-static and util-linux."
done

mkdir -p "$cache/kernels" 2>/dev/null || die "the cache directory $cache cannot be written."
exec 9>"$cache/kernels/.$name.lock"
flock -n 9 || { say "waiting for another run that is fetching kernel $name"; flock 9; }
if ready; then echo "$dir"; exit 0; fi

rm -rf "$cache/kernels/.$name."*.tmp # left by a run that was killed: the lock is ours, so nobody uses it
work=$(mktemp -d "$cache/kernels/.$name.XXXXXX.tmp")
trap 'rm -rf "$work"' EXIT

say "looking up the newest $name kernel in: $suites"
# shellcheck disable=SC2086 # a list
conf=$("$(dirname "$0")/apt.sh" "$work/apt" $suites) || die "so kernel $name cannot be had."

image=${packages%%VER*}
release=$(apt-cache -c="$conf" pkgnames "$image" |
    sed -nE "s/^$image($series.*-amd64)$/\1/p" | grep -vE -- '-(cloud|rt)-amd64$' | sort -V | tail -n1 || true)
[[ -n $release ]] || die "apt finds no package $image* of the $name series in $suites, so that kernel cannot be had."

for package in ${packages//VER/$release}; do
    say "downloading $package"
    (cd "$work" && apt-get -qq -c="$conf" download "$package" >&2) || die "apt could not download $package, so kernel $name cannot be had."
done
for deb in "$work"/*.deb; do dpkg -x "$deb" "$work/root"; done

new=$work/new
"$(dirname "$0")/kernel_layout.sh" "$work/root" "$release" "$new" || die "so kernel $name cannot be had."
rm -rf "$dir"
mv "$new" "$dir"
echo "$dir"
