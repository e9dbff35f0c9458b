#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does RDMA traffic flow? In the guest: ibv_rc_pingpong between two processes over Soft-RoCE; extra words go to both sides (-o: on-demand paging).
set -euo pipefail

inside=$(dirname "$0")
line=$("$inside/rxe.sh")
address=$(sed -n 's/.*address \([0-9.]*\),.*/\1/p' <<<"$line")
gid=${line##* }
command -v ibv_rc_pingpong >/dev/null || { echo "pingpong.sh: 'ibv_rc_pingpong' is missing (package ibverbs-utils)." >&2; exit 1; }

ibv_rc_pingpong -d rxe0 -g "$gid" -n 20 "$@" &
server=$!
# The server listens on TCP before it answers: port 18515, 0x4853.
until grep -q ':4853 .* 0A ' /proc/net/tcp /proc/net/tcp6; do
    kill -0 $server 2>/dev/null || { wait $server; exit 1; }
    sleep 0.1
done
ibv_rc_pingpong -d rxe0 -g "$gid" -n 20 "$@" "$address"
wait $server
