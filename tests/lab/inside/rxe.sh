#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is there an RDMA device to work with? In the guest: Soft-RoCE (rxe0) on a veth pair (d0, d1), ready for traffic; says so in one line.
set -euo pipefail

address=10.99.0.1
die() { echo "rxe.sh: $*" >&2; exit 1; }

for tool in ip rdma; do
    command -v "$tool" >/dev/null || die "'$tool' is missing (package iproute2)."
done

# ib_uverbs is what user space opens; rdma_rxe alone does not pull it in.
lab-modprobe ib_uverbs rdma_rxe || die "this kernel's ib_uverbs and rdma_rxe did not load."

[[ -e /sys/class/net/d0 ]] || ip link add d0 type veth peer name d1
ip address replace "$address/24" dev d0
ip link set d0 up
ip link set d1 up
[[ -e /sys/class/infiniband/rxe0 ]] || rdma link add rxe0 type rxe netdev d0

# The GID table fills from work queues: the port is usable when the address has its entry.
gid=$(printf '0000:0000:0000:0000:0000:ffff:%02x%02x:%02x%02x' ${address//./ })
port=/sys/class/infiniband/rxe0/ports/1
for ((tries = 0; tries < 100; tries++)); do
    for entry in "$port"/gids/*; do
        if [[ $(<"$entry") = "$gid" && $(<"$port/state") = *ACTIVE* ]]; then
            echo "rxe0 is up on d0: address $address, GID index ${entry##*/}"
            exit 0
        fi
    done
    sleep 0.1
done
die "rxe0 has no GID for $address after 10 s (port state: $(<"$port/state"))."
