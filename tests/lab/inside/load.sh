#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# In the guest: which load runs under `record`? load.sh LOAD SECONDS WORKLOADS, then the run counts of our programs go to /out/runs.json.
set -euo pipefail
load=$1 seconds=$2 bin=$3
case $load in
  odp)      "$bin/rdma_churn" --odp --seconds "$seconds"
            "$bin/mm_reap" --odp --rounds 3 --mb 64 ;;
  pinned)   "$bin/rdma_churn" --pinned --tap --seconds "$seconds" ;;
  kvm)      "$bin/kvm_tap" --seconds "$seconds"
            "$bin/mm_reap" --kvm --rounds 2 --mb 64 ;;
  pins)     lab-modprobe loop
            disk=$(mktemp)
            truncate -s 64M "$disk"
            "$bin/pin_churn" --seconds "$seconds" --tap --file "$(losetup -f --show "$disk")" ;;
  module)   for mode in $(tests/lab/inside/modes.sh); do
              "$bin/../../../driver-model/kernel/client/mirrorscope-device" churn "$mode" --operations "$((seconds * 10))" --dma-us 50
            done ;;
  caches)   "$bin/ucache_lab" --defect none --rounds "$((seconds * 4))" ;;
  pingpong) tests/lab/inside/pingpong.sh -o ;;
  *)        echo "load.sh: no load is called '$load'" >&2; exit 2 ;;
esac
# What the kernel tears down after the last exit may take longer than any fixed time where guests share a CPU: until nothing more is counted.
runs=
for _ in $(seq 50); do
  before=$runs
  sleep 0.2
  bpftool -j prog show > /out/runs.json
  runs=$(jq -c '[.[] | select(.name // "" | test("^(inv_|cb_|hl_|range_fault|read_begin)")) | (.run_cnt // 0) + (.recursion_misses // 0)]' /out/runs.json)
  [ "$runs" != "$before" ] || exit 0
done
echo "load.sh: the kernel still counts runs 10 s after the load" >&2
exit 1
