#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where is the reference driver, built for this kernel? Builds it in a Debian of the kernel's own release (its headers' tools need that
# release's C library), which is made once and cached, and copies mirrorscope.ko to a directory.
set -euo pipefail

usage="usage: module.sh 6.1 | 6.12 | 7.x DIRECTORY"
say() { printf 'module.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }

[[ $# -eq 2 ]] || die "$usage"
name=$1
case $name in
    6.1)  suite=bookworm; more='' ;;
    6.12) suite=trixie;   more='' ;;
    7.x)  suite=trixie;   more=trixie-backports ;;
    *) die "no kernel is called '$name'; $usage" ;;
esac
mkdir -p "$2" || die "the directory $2 cannot be made."
out=$(cd "$2" && pwd)
lab=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$lab/../.." && pwd)
dir=$("$lab/kernel.sh" "$name")
release=$(<"$dir/version")
root=$dir/build

for tool in mmdebstrap flock unshare; do command -v $tool >/dev/null || die "'$tool' is missing; building a module needs mmdebstrap and util-linux."; done
exec 9>"$dir/.build.lock"
flock 9
if [[ ! -e $root/.made-for-$release ]]; then
    mirror=$("$lab/mirror.sh")
    say "making a Debian $suite with the headers of $release"
    rm -rf "$root" "$root.tmp"
    sources=("deb $mirror $suite main")
    [[ -z $more ]] || sources+=("deb $mirror $more main")
    mmdebstrap --quiet --variant=minbase --include="make,gcc,libc6-dev,pahole,linux-headers-$release" --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' "$suite" "$root.tmp" "${sources[@]}" >&2 ||
        die "no Debian $suite with linux-headers-$release can be made here."
    touch "$root.tmp/.made-for-$release"
    mv "$root.tmp" "$root"
fi

# The module's sources and the schema that it shares with the probes, alone in a directory of the root.
work=$(mktemp -d "$root/tmp/module.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/driver-model"
cp -r "$source/schema" "$work/"
cp -r "$source/driver-model/kernel" "$work/driver-model/"
inside=${work#"$root"}
unshare --mount bash -c 'mount --bind /proc "$1/proc" && exec chroot "$1" make -s -C "/lib/modules/$2/build" "M=$3" modules' \
    bash "$root" "$release" "$inside/driver-model/kernel" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "the module does not build for $release."; }
# a warning is a defect, but those of a compiler other than the kernel's, or of a kernel without BTF, are not the module's
grep -n 'warning: ' "$work/log" | grep -v 'the compiler differs' >&2 && die "the compiler warns (above)."
# Headers come without the types of vmlinux in 6.1, so that no module gets its own (scripts/Makefile.modfinal): they are made from the kernel's.
if ! readelf -S "$work/driver-model/kernel/mirrorscope.ko" | grep -q '\.BTF'; then
    cp "$dir/vmlinux.btf" "$work/"
    chroot "$root" env LLVM_OBJCOPY=objcopy pahole -J --btf_base "$inside/vmlinux.btf" "$inside/driver-model/kernel/mirrorscope.ko" >&2 ||
        die "pahole makes no type information for $release."
fi
cp "$work/driver-model/kernel/mirrorscope.ko" "$out/"
echo "$out/mirrorscope.ko"
