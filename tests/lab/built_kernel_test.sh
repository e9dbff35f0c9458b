#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Can CI judge a kernel that was just built, and a test-suite that fails on it? Usage: built_kernel_test.sh MIRRORSCOPE.
# The kernel is one of the lab's, laid out as `make dir-pkg`, `make tar-pkg` and `make bindeb-pkg` lay one out, with the modules that a guest needs.
set -euo pipefail
export MIRRORSCOPE=$1
lab=$(cd "$(dirname "$0")" && pwd)
dir=$("$lab/kernel.sh" 7.x)
release=$(<"$dir/version")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
complain() { echo "NOT OK: $1"; bad=1; }
# a cache of its own, so that nothing of this is left
export MIRRORSCOPE_CACHE=$work/cache

package=$work/tar-install tree=$dir/modules/lib/modules/$release
mkdir -p "$package/boot" "$package/lib/modules/$release"
cp "$dir/vmlinuz" "$package/boot/vmlinuz-$release"
cp "$tree/config" "$package/boot/config-$release"
cp "$tree"/modules.{builtin,order} "$package/lib/modules/$release/"
source "$lab/needed_modules.sh"
needed_files "$tree" | while read -r module; do
    install -D -m 644 "$tree/$module" "$package/lib/modules/$release/$module"
done
# packed ones, too
find "$package/lib" -name '9p.ko' -exec gzip {} + -o -name 'overlay.ko' -exec xz {} +

built=$("$lab/built_kernel.sh" "$package")
[ "$(<"$built/version")" = "$release" ] || complain "the release of the directory"
[ "$("$lab/kernel.sh" "$package")" = "$built" ] || complain "kernel.sh passes a path on, and it is unpacked once"
cmp -s "$built/vmlinux.btf" "$dir/vmlinux.btf" || complain "its BTF"
[ -z "$(find "$built/modules" -name '*.ko.*')" ] || complain "its modules are unpacked"

tar -C "$package" -cf "$work/linux.tar" boot lib
mkdir "$package/DEBIAN"
printf 'Package: linux-image-%s\nVersion: 1\nArchitecture: amd64\nMaintainer: nobody <nobody@example.org>\nDescription: kernel\n' "${release//+/-}" >"$package/DEBIAN/control"
dpkg-deb -Znone --build "$package" "$work/linux-image.deb" >/dev/null
rm -r "$package/DEBIAN"
for archive in linux.tar linux-image.deb; do
    from=$("$lab/built_kernel.sh" "$work/$archive")
    diff -r "$from" "$built" >/dev/null || complain "$archive is another kernel than the directory"
done

refused() { # SENTENCE PATH
    code=0
    "$lab/built_kernel.sh" "$2" >said 2>&1 || code=$?
    [ $code = 2 ] && grep -q "$1" said || { complain "refused: $1 (exit $code)"; cat said; }
}
cd "$work"
refused 'there is no' ./nowhere
mkdir -p empty/boot
refused 'has no boot/vmlinuz-RELEASE' ./empty
cp -r tar-install two && cp "two/boot/vmlinuz-$release" two/boot/vmlinuz-other
refused 'has 2 kernels' ./two
cp -r tar-install blind && find blind -name '9pnet_virtio.ko*' -delete
refused 'cannot see this machine.s files: it has no CONFIG_NET_9P_VIRTIO' ./blind
echo text >file.txt
refused 'is no directory' ./file.txt

# the suite fails: there is a report all the same, and the exit code says so
code=0
"$lab/../../ci/check.sh" --out report --kernel ./tar-install --name my-driver --command 'echo suite on $(uname -r); exit 3' >out 2>err || code=$?
[ $code = 5 ] || { complain "a suite that fails: exit $code"; tail -5 out err; }
grep -q "^suite on $release" out || complain "it ran on that kernel"
grep -q 'test-suite failed in the guest (exit 3)' err || complain "and that is said"
grep -q '<testsuite name="my-driver"' report/report.xml || complain "JUnit has the name"
grep -q '# Subtest: my-driver' report/report.tap || complain "KTAP has the name"
exit $bad
