#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Which initramfs boots this unpacked kernel into the lab's init? Builds it when the kernel or the init changed, then prints its path.
set -euo pipefail

[[ $# -eq 1 ]] || { echo "usage: initramfs.sh KERNEL-DIRECTORY" >&2; exit 2; }
kernel=$1
lab=$(cd "$(dirname "$0")" && pwd)
release=$(<"$kernel/version")
tree=$kernel/modules/lib/modules/$release
busybox=$(command -v busybox) || { echo "initramfs.sh: 'busybox' is missing (package busybox-static)." >&2; exit 2; }
[[ $(LC_ALL=C ldd "$busybox" 2>&1) = *"not a dynamic executable"* ]] || {
    echo "initramfs.sh: $busybox is not static, so it cannot run as the guest's init (package busybox-static)." >&2; exit 2; }

source "$lab/needed_modules.sh"
hash=$(cat "$0" "$lab/needed_modules.sh" "$lab/inside/init" "$lab/inside/lab-modprobe" "$busybox" "$kernel/version" | sha256sum | cut -c1-16)
image=$kernel/initramfs-$hash.cpio
[[ ! -s $image ]] || { echo "$image"; exit 0; }

work=$(mktemp -d "$kernel/.initramfs.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir -p "$root"/{bin,dev,host,proc,root,scratch,state,sys,"lib/modules/$release"}
cp "$busybox" "$root/bin/busybox"
cp "$lab/inside/init" "$root/init"
cp "$lab/inside/lab-modprobe" "$root/bin/lab-modprobe"
for applet in sh mount umount modprobe poweroff mkdir mkfifo cat cp ln ip hostname chroot mkswap swapon sync uname usleep tr; do
    ln -s busybox "$root/bin/$applet"
done

needed_files "$tree" | while read -r path; do
    install -D -m 644 "$tree/$path" "$root/lib/modules/$release/$path"
done
"$busybox" depmod -b "$root" "$release"

(cd "$root" && find . | "$busybox" cpio -o -H newc 2>/dev/null) >"$work/image"
mv "$work/image" "$image"
find "$kernel" -maxdepth 1 -name 'initramfs-*.cpio' ! -name "${image##*/}" -mmin +60 -delete
echo "$image"
