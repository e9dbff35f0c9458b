#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What is the text of this kernel? Unpacks these paths of Debian's source of the same version into a directory: source.sh 7.x DIRECTORY PATH...
set -euo pipefail

say() { printf 'source.sh: %s\n' "$*" >&2; }
die() { say "$*"; exit 2; }
[[ $# -ge 3 && $1 == 7.x ]] || die "usage: source.sh 7.x DIRECTORY PATH..."
name=$1 out=$2
shift 2
lab=$(cd "$(dirname "$0")" && pwd)
release=$(<"$("$lab/kernel.sh" "$name")/version")
mkdir -p "$out" || die "the directory $out cannot be made."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# 7.3.4+deb13-amd64 is built from linux-source-7.3 of a version 7.3.4-...
package=linux-source-$(cut -d. -f1-2 <<<"$release")
conf=$("$lab/apt.sh" "$work/apt" trixie-backports)
version=$(apt-cache -c="$conf" madison "$package" | awk -F' *[|] *' -v v="${release%%+*}-" 'index($2, v) == 1 && !found { print $2; found = 1 }')
[[ -n $version ]] || die "there is no $package of the version ${release%%+*}."
say "downloading $package $version"
(cd "$work" && apt-get -qq -c="$conf" download "$package=$version" >&2) || die "apt could not download $package."
dpkg --fsys-tarfile "$work/$package"_*.deb | tar -xO --wildcards '*/'"$package.tar.xz" |
    tar -xJ -C "$out" --strip-components=1 "${@/#/$package/}" || die "$package does not hold all of $*."
