#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Where is this kernel, which was just built, ready to boot? PATH is what the kernel's own Makefile makes for an installation: the directory of
# `make dir-pkg` (tar-install), the archive of `make tar-pkg`, or the linux-image package of `make bindeb-pkg`. Unpacks it once, then prints
# its cache directory; the five that were used last are kept.
set -euo pipefail

die() { printf 'built_kernel.sh: %s\n' "$*" >&2; exit 2; }
[[ $# -eq 1 ]] || die "usage: built_kernel.sh DIRECTORY | linux-*.tar* | linux-image-*.deb"
[[ -e $1 ]] || die "there is no $1."
path=$(realpath "$1")
lab=$(cd "$(dirname "$0")" && pwd)
source "$lab/needed_modules.sh"
kernels=${MIRRORSCOPE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mirrorscope}/kernels
mkdir -p "$kernels" 2>/dev/null || die "the cache directory $kernels cannot be written."

release_in() { # ROOT: the release of the only kernel in it
    local images=("$1"/boot/vmlinuz-*)
    [[ -e ${images[0]} ]] || die "$path has no boot/vmlinuz-RELEASE; make it by \`make dir-pkg\`, \`make tar-pkg\` or \`make bindeb-pkg\`."
    [[ ${#images[@]} -eq 1 ]] || die "$path has ${#images[@]} kernels (${images[*]##*/}), and one can be booted."
    echo "${images[0]##*/vmlinuz-}"
}
of=$path
[[ ! -d $path ]] || of=$path/boot/vmlinuz-$(release_in "$path")
dir=$kernels/built-$(stat -c '%n %s %Y %i' "$of" | sha256sum | cut -c1-16)

exec 9>"$dir.lock"
flock 9
if [[ ! -s $dir/version ]]; then
    work=$(mktemp -d "$kernels/.built.XXXXXX.tmp")
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/root"
    # modules_install leaves links to the source, which is nothing that a guest needs
    case $path in
        *.deb) dpkg -x "$path" "$work/root" || die "dpkg cannot unpack $path." ;;
        *.tar | *.tar.*) tar -xf "$path" -C "$work/root" || die "tar cannot unpack $path." ;;
        *)
            [[ -d $path ]] || die "$path is no directory, .tar or .deb."
            for part in boot lib usr/lib; do
                [[ ! -d $path/$part ]] || { mkdir -p "$work/root/$part" && cp -a "$path/$part/." "$work/root/$part/"; }
            done ;;
    esac
    release=$(release_in "$work/root")
    "$lab/kernel_layout.sh" "$work/root" "$release" "$work/new" || die "so $path cannot be booted."
    tree=$work/new/modules/lib/modules/$release
    for part in "${needed_modules[@]}"; do
        grep -q "^CONFIG_${part#*:}=y" "$tree/config" || [[ -n $(needed_lines "$tree" "${part%:*}") ]] || missing+=" CONFIG_${part#*:}"
    done
    [[ -z ${missing:-} ]] || die "$release cannot see this machine's files: it has no$missing."
    rm -rf "$dir"
    mv "$work/new" "$dir"
fi
touch "$dir"
find "$kernels" -maxdepth 1 -name 'built-*' -type d -printf '%T@ %p\n' | sort -rn | tail -n +6 | cut -d' ' -f2- | while read -r old; do rm -rf "$old" "$old.lock"; done
echo "$dir"
