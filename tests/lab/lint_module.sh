#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What do sparse and checkpatch say of our modules? Prints it, and fails if there is anything. checkpatch is the one of the kernel's own source, sparse
# Debian's newest: a kernel asks for an extension that the one of its own release does not have (scripts/checker-valid.sh).
set -euo pipefail

say() { printf 'lint_module.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }
[[ $# -eq 0 ]] || die "usage: lint_module.sh"
name=7.x
lab=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$lab/../.." && pwd)
dir=$("$lab/kernel.sh" "$name")
release=$(<"$dir/version")
root=$dir/build
for tool in perl unshare; do command -v $tool >/dev/null || die "'$tool' is missing."; done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$lab/module.sh" "$name" "$work/module" >/dev/null # makes the root
"$lab/source.sh" "$name" "$work/linux" scripts/checkpatch.pl scripts/spelling.txt scripts/const_structs.checkpatch scripts/checker-valid.sh
conf=$("$lab/apt.sh" "$work/apt" sid)
(cd "$work" && apt-get -qq -c="$conf" download sparse >&2 && dpkg -x sparse_*.deb sparse) || die "apt could not download sparse."

inside=/tmp/lint.$$
trap 'rm -rf "$work" "$root$inside"' EXIT
scripts=$root/usr/src/linux-headers-${release%-*}-common/scripts
[[ -d $scripts ]] || die "the headers of $release have no scripts/."
mkdir -p "$root$inside" "$work/more"
cp "$work/sparse/usr/bin/sparse" "$root$inside/"
cp -r "$top/schema" "$root$inside/"
cp "$work/linux/scripts/checker-valid.sh" "$work/more/" # Debian's headers come without it
chmod +x "$work/more/checker-valid.sh"

bad=0
for source in driver-model/kernel examples/my_driver; do
    mkdir -p "$root$inside/module"
    cp -r "$top/$source" "$root$inside/module/source"
    unshare --mount bash -c 'mount --bind /proc "$1/proc" && mount -t overlay overlay -o "lowerdir=$4:$5" "$5" &&
        exec chroot "$1" make -C "/lib/modules/$2/build" "M=$3/module/source" C=2 "CHECK=$3/sparse" modules' \
        bash "$root" "$release" "$inside" "$work/more" "$scripts" >"$work/log" 2>&1 || { cat "$work/log"; die "$source does not build."; }
    rm -rf "$root$inside/module"
    # the compiler is Debian's backport of the one that built the kernel
    if grep -v '^make\|^  [A-Z]\|the compiler differs' "$work/log"; then bad=1; fi
    echo "sparse: $(grep -c '^  CHECK ' "$work/log") files of $source"
    # Lines of 100 columns are a convention of checkpatch, not of the kernel's style guide; modules of one source for several kernels ask for its version;
    # points.h makes declarations by including a table.
    mapfile -t files < <(ls "$top/$source"/*.[ch] | grep -v '\.bpf\.c$')
    perl "$work/linux/scripts/checkpatch.pl" --no-tree --terse --strict --max-line-length=160 \
        --ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON,TRAILING_SEMICOLON,MACRO_ARG_REUSE -f "${files[@]}" >"$work/said" 2>&1 || true
    if grep -vE '^total: |has no obvious style problems' "$work/said"; then bad=1; fi
    echo "checkpatch: ${#files[@]} files of $source"
done
exit $bad
