#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is everything installed that building, recording in a guest and testing need on Debian 12? Installs what is missing, from Debian only; the build
# takes the parts of the report's page from npm. `install-deps.sh build`: only what building the program and its package needs.
set -euo pipefail
case ${1:-all} in all | build) ;; *) echo "usage: install-deps.sh [build]" >&2; exit 2 ;; esac

packages=(
  # the program and its package
  cmake ninja-build g++ clang llvm pkg-config bpftool libbpf-dev libelf-dev zlib1g-dev libcap-dev libsodium-dev libxxhash-dev
  libbpfcc libcli11-dev nlohmann-json3-dev libpugixml-dev libprotobuf-dev protobuf-compiler libfmt-dev libsqlite3-dev libncurses-dev prometheus-cpp-dev git file dpkg-dev
)
[ "${1:-all}" = build ] || packages+=(
  libgtest-dev libgmock-dev
  # guests with real kernels
  qemu-system-x86 busybox-static binutils xz-utils zstd kmod iproute2 rdma-core ibverbs-utils libibverbs-dev libibverbs1
  # registration caches that others wrote
  ucx-utils libucx-dev libfabric-bin libfabric-dev
  # what the tests compare with and look with
  babeltrace2 spin relacy-dev jq libxml2-utils python3 python3-yaml groff-base libcap2-bin procps util-linux sudo bpftrace
  chromium fonts-dejavu-core prometheus systemd tmux mmdebstrap time slurmctld slurmd slurm-client
)
# the page of `mirrorscope report` is bundled by them; those that are no Debian packages will do
{ command -v node && command -v npm; } > /dev/null || packages+=(nodejs npm)
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} = 0 ]; then
  echo "install-deps: everything is there"
  exit 0
fi
if [ "$(id -u)" != 0 ]; then
  echo "install-deps: not root, cannot install: ${missing[*]}" >&2
  exit 2
fi
echo "install-deps: installing ${#missing[@]} packages"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } > "$log" 2>&1; then
  tail -20 "$log" >&2
  echo "install-deps: apt-get failed, its last lines are above" >&2
  exit 2
fi
rm -f "$log"
