#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is the reference driver right with notifiers of every kind, and do the figures of docs/wide-notifiers.md stand in the relations that follow from
# how it is made? Not how large they are: that is tests/bench/wide_notifiers.sh.
# long: 7.x
# needs: module
source=$PWD
. "$(dirname "$0")/words.sh"
device=$BUILD/driver-model/kernel/client/mirrorscope-device
lab-modprobe drm_gpusvm_helper
insmod /out/mirrorscope.ko || exit 1
complaints() { dmesg | grep -cE 'WARNING: |BUG: |Oops: |INFO: task .* blocked'; }
before=$(complaints)

# The same churn as of every mode.
{
    for kind in '--ranges temporary' '--ranges vma' '--level-shift 30'; do
        echo "$device churn implicit --operations ${OPERATIONS:-400} --dma-us 50 $kind || bad=1"
    done
    echo 'exit ${bad:-0}'
} > churn.sh
"$mirrorscope" record --exit-code-from-command -o churn -- bash churn.sh > churn.txt 2>&1
must "every kind under a churn: the device sees what the process sees, the oracle is quiet" is $? 0
grep -E 'operations|oracle' churn.txt | sed 's/^/    /'
"$mirrorscope" check --strict hazard churn > churn.check
only_smells churn.check
"$mirrorscope" conform churn > churn.conform
must "what ran is a run of the model: $(tail -1 churn.conform)" is $? 0
[ $bad = 0 ] || keep churn

changes=${CHANGES:-800}
wide=$PWD/wide
mkdir "$wide"
(cd "$source" && tests/bench/wide_notifiers.sh in-guest "$BUILD" "$changes" "$wide")
must "the load runs with every kind" is $? 0
"$source/tests/bench/wide_notifiers.sh" table wide
cp wide/*.csv /out/
# of KIND COLUMN: the sum over the driver's callbacks
of() {
    awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == name) at = i; next } $1 ~ /^implicit_invalidate/ { s += $at } END { printf "%d\n", s }' \
        "wide/$1.csv"
}
less() { [ "$(of "$1" "$2")" -lt "$(of "$3" "$2")" ]; }
# less_useless A B: the share in A is below that in B
less_useless() { [ $(($(of "$1" useless) * $(of "$2" judged))) -lt $(($(of "$2" useless) * $(of "$1" judged))) ]; }
must "a temporary notifier is inserted for each request" is "$(of temporary inserted)" "$changes"
for kind in temporary vma 2M 512M 1G; do
    must "$kind: what is inserted is removed" is "$(of $kind removed)" "$(of $kind inserted)"
    # all but those that come before the driver has said the object
    must "$kind: the callbacks can be judged" test $(($(of $kind judged) * 10)) -ge $(($(of $kind callbacks) * 9))
    must "$kind: a part is no more than its whole" test "$(of $kind useless)" -le "$(of $kind callbacks)" -a "$(of $kind stretched)" -le "$(of $kind waits)" \
        -a "$(of $kind waits)" -le "$(of $kind read_begins)" -a "$(of $kind stretch_ns)" -le "$(of $kind wait_ns)"
    must "$kind: the oracle is quiet" grep -q 'oracle: 0 stale, 0 not writable' "wide/$kind.said"
done
previous=temporary
for kind in vma 2M 512M 1G; do
    must "$kind hears more than $previous" less $previous callbacks $kind
    must "and is inserted less often" less $kind inserted temporary
    [ $previous = temporary ] || must "and of that, less concerns it" less_useless $previous $kind
    previous=$kind
done
"$mirrorscope" check wide/1G > wide.check
must "ORD-25 names the widest" grep -q '^violated.*ORD-25' wide.check
"$mirrorscope" check --rules ORD-25 wide/temporary > wide.check
must "and not the temporary one" is "$(grep -c '^violated' wide.check)" 0
must "the kernel does not complain" is "$(complaints)" "$before"
