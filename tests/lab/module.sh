#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where is the reference driver, or another one, built for this kernel? Builds it in a Debian of the kernel's own release (its headers' tools
# need that release's C library), which is made once and cached, and copies the .ko to a directory.
set -euo pipefail

usage="usage: module.sh [--no-btf] 6.1 | 6.12 | 7.x DIRECTORY [SOURCE]"
say() { printf 'module.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }

# without type information, as where a DKMS build finds no vmlinux to take it from
btf=1
if [[ ${1:-} = --no-btf ]]; then btf=0; shift; fi
[[ $# -eq 2 || $# -eq 3 ]] || die "$usage"
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
top=$(cd "$lab/../.." && pwd)
source=$(cd "${3:-$top/driver-model/kernel}" && pwd)
module=$(sed -nE 's/^obj-m [+:]?= *([a-z_]+)\.o$/\1/p' "$source/Kbuild") || die "$source has no Kbuild."
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

# Where whoever compiles in the guest looks for the headers of its kernel (BCC does).
tree=$dir/modules/lib/modules/$release
for link in build source; do
    headers=$root/usr/src/$(basename "$(readlink "$root/lib/modules/$release/$link")")
    [[ ! -d $headers || $(readlink "$tree/$link" || true) = "$headers" ]] || ln -sfn "$headers" "$tree/$link"
done

# The module's sources and the schema that the reference driver shares with the probes, alone in a directory of the root.
work=$(mktemp -d "$root/tmp/module.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/module/source"
cp -r "$top/schema" "$work/"
cp -r "$source/." "$work/module/source/"
inside=${work#"$root"}
options=()
[[ $btf = 1 ]] || options+=(CONFIG_DEBUG_INFO_BTF_MODULES=)
unshare --mount bash -c 'mount --bind /proc "$1/proc" && exec chroot "$1" make -s -C "/lib/modules/$2/build" "M=$3" "${@:4}" modules' \
    bash "$root" "$release" "$inside/module/source" "${options[@]}" >"$work/log" 2>&1 || { cat "$work/log" >&2; die "the module does not build for $release."; }
# a warning is a defect, but those of a compiler other than the kernel's, or of a kernel without BTF, are not the module's
grep -n 'warning: ' "$work/log" | grep -v 'the compiler differs' >&2 && die "the compiler warns (above)."
ko=module/source/$module.ko
# (not through a pipe: readelf dies of SIGPIPE when grep has seen enough, and a module with types would pass for one without)
typed() { grep -q '\.BTF' <<<"$(readelf -S "$work/$ko")"; }
# Headers come without the types of vmlinux in 6.1, so that no module gets its own (scripts/Makefile.modfinal): they are made from the kernel's.
if [[ $btf = 1 ]] && ! typed; then
    cp "$dir/vmlinux.btf" "$work/"
    chroot "$root" env LLVM_OBJCOPY=objcopy pahole -J --btf_base "$inside/vmlinux.btf" "$inside/$ko" >&2 ||
        die "pahole makes no type information for $release."
fi
if [[ $btf = 0 ]] && typed; then die "the module has type information, which it should not."; fi
cp "$work/$ko" "$out/"
echo "$out/$module.ko"
