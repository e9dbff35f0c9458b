#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# All drivers of the lab at once: is what was recorded of them whole, and does no rule object to one that is right?
# kernels: 7.x
# needs: module
# guest: --nvme-cmb 64M --swap 512M --memory 4G
#
# DURATION=300 tests/e2e/run.sh BUILD 7.x tests/e2e/mixed.guest.sh OUT is the long one.
. "$(dirname "$0")/words.sh"
duration=${DURATION:-10}
device=$BUILD/driver-model/kernel/client/mirrorscope-device
"$lab/inside/rxe.sh" && "$lab/inside/kvm.sh" && lab-modprobe nvme loop && modes=$("$lab/inside/modes.sh") && insmod /out/mirrorscope.ko || exit 1
until_true 50 0.2 test -b /dev/nvme0n1
truncate -s 64M disk other
disk=$(losetup -f --show disk)
other=$(losetup -f --show other)

cat >loads.sh <<END
load() { local name=\$1; shift; "\$@" >/out/load-\$name.txt 2>&1; echo "\$name \$?" >>exits; }
churn() {
    local bad=0 seed=0
    while [ \$SECONDS -lt $duration ]; do
        for mode in $modes; do
            $device churn \$mode --operations 200 --seed \$((++seed)) --dma-us 50 || bad=1
        done
    done
    return \$bad
}
load odp $workloads/rdma_churn --odp --seconds $duration --hang-after 300 &
load pinned $workloads/rdma_churn --pinned --tap --seconds $duration --hang-after 300 &
load kvm $workloads/kvm_tap --seconds $duration --hang-after 300 &
load pins $workloads/pin_churn --tap --seconds $duration --hang-after 300 --file $disk &
load peers $workloads/p2p_pins --seconds $duration --pace 500 --device rxe0 --other $other &
load module churn &
wait
sleep 0.5 # what the kernel tears down after the last exit
bpftool -j prog show >/out/runs.json
END
# --stats lets the kernel count program runs, for the comparison with what is in the trace
"$mirrorscope" record --system-wide --stats -o mixed -- bash loads.sh >record.out 2>summary
cp summary /out/
grep -E '^(recorded|trace:|probes:)' summary
for load in odp pinned kvm pins peers module; do
    must "$load is right under all of it" grep -qx "$load 0" exits
done

/usr/bin/time -q -f '%M %e' -o judged "$mirrorscope" check --format json --findings 20 mixed >check.json
"$mirrorscope" check --all mixed >check.txt
cp check.json check.txt /out/
must "every call that the kernel counted is a record or a loss" "$lab/inside/counted.sh" /out/runs.json check.json

# What these loads provoke, and why it is right that a rule says so. Whatever else is violated is somebody's mistake: of a driver, of the
# reference module, or of the rule.
cat >expected <<END
REG-05 application: the disturbers of pins and pinned unmap, move and discard memory that io_uring and Soft-RoCE have registered
REG-23 application: and both go on to transfer through it
REG-14 application: churn unmaps what a job of the reference device works on; --dma-us holds that open
REG-16 application: the threads of rdma_churn register the same regions, each for itself, and those of pin_churn the same extent
LIF-15 driver: drm_gpusvm's first fault in 2 MB inserts a notifier, and the reference driver in mode gpusvm asks for it inside a fault
ORD-25 width: the reference driver's children and drm_gpusvm's notifiers are 2 MB wide, for devices that use less (docs/wide-notifiers.md)
SEQ-21 time: who waits for its own range waits for the whole episode, with a dozen threads that invalidate
ORD-19 time: two emulated CPUs for a dozen busy threads, so that a callback waits for its turn
SEQ-07 time: and so does who waits for an invalidation to end
SEQ-08 time: and who faults may not get through for a second, as the disturbers invalidate in between
END
read -r kib seconds <judged
echo "events: $(jq .records check.json), lost: $(jq '.losses | map(.count) | add // 0' check.json), of these made up for: $(jq '.losses | map(.repaired) | add // 0' check.json)"
echo "check: at most $((kib / 1024)) MiB of memory, $seconds s"
jq -r '.rules[] | select(.verdict == "violated") | "\(.id) \(.level) \(.broken)"' check.json >violated
while read -r rule level times; do
    why=$(sed -n "s/^$rule //p" expected)
    echo "violated: $rule ($level), $times times: ${why:-not expected of these loads}"
    [ -n "$why" ] || [ "$level" = smell ] || unexpected+=" $rule"
done <violated
jq -r '.rules[] | select(.verdict == "inconclusive") | "inconclusive: \(.id) (\(.level)): \(.reason), \(.held) held, \(.doubtful) doubtful"' check.json
must "no rule is violated but those, and smells:${unexpected:-}" test -z "${unexpected:-}"
must "no hard rule is violated" is "$(grep -c ' hard ' violated)" 0
drivers=$("$mirrorscope" dump mixed --event reg --event dev_ctx | grep -o ' driver=[^ ]*' | sort | uniq -c | awk '{ print substr($2, 8) " " $1 }')
echo "registrations and objects by driver: ${drivers//$'\n'/, }"
for driver in ib_umem io_uring kvm reference drm_gpusvm; do must "$driver was seen at work" grep -q "^$driver " <<<"$drivers"; done
must "and peer memory was pinned" grep -q 'p2pdma=[1-9]' <("$mirrorscope" dump mixed --event pin_ret)
[ $bad = 0 ] || keep mixed
