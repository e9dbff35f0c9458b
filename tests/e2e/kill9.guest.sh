#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# kill -9 of the recorder at any moment from its exec to its exit, and a disk that is full from the first byte: the trace opens or is refused in one
# sentence, nothing is said to be violated, and what is not whole is not said to be. TIMES=100 for the long version.
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/rxe.sh"
RANDOM=${SEED:-1}
times=${TIMES:-1}

"$workloads/rdma_churn" --odp --seconds 100000 --pace 1000 >/dev/null &
churn=$!
# all probes once, then the busiest alone: under emulation a start with all takes most of a minute
few=(--probes 'inv_*' --probes 'cb_*')
record() { "$mirrorscope" record -a -q "$@" >/dev/null 2>said; }
# What is known of a trace that no recorder has ended: judged TRACE WHAT
judged() {
    [ -e "$1" ] || { kinds[none]=$((kinds[none] + 1)); return; }
    "$mirrorscope" check "$1" >verdict 2>refusal
    local code=$?
    case $code in
        2) kinds[refused]=$((kinds[refused] + 1))
           must "$2: refused in one sentence" is "$(wc -l <refusal)" 1 ;;
        3) kinds[inconclusive]=$((kinds[inconclusive] + 1))
           must "$2: what is missing is said" is "$(grep -c '^nothing lost' verdict)" 0 ;;
        0) # only what is whole: the recorder had ended before it was killed
           kinds[whole]=$((kinds[whole] + 1))
           must "$2: exit 0, so it is whole" is "$(count "$1" stopped)" 1 ;;
        *) must "$2: check ends with 0, 2 or 3, not $code: $(grep -m3 '^violated' verdict | tr '\n' ';')" false ;;
    esac
    [ $code = 2 ] || must "$2: babeltrace2 opens it" babeltrace2 "$1" --component sink.utils.dummy
    [ $bad = 0 ] || keep "$1"
}
declare -A kinds=([none]=0 [refused]=0 [inconclusive]=0 [whole]=0)

# How long one takes from exec to exit, with two seconds of recording.
began=$(date +%s%N)
record "${few[@]}" -d 2 -o whole
must "a recording that nobody kills ends" is $? 0
span=$((($(date +%s%N) - began) / 1000000))
echo "    from exec to exit: $span ms"
for i in $(seq "$times"); do
    record "${few[@]}" -d 2 -o "run$i" &
    recorder=$!
    after=$(((RANDOM * 32768 + RANDOM) % (span + span / 20)))
    sleep $((after / 1000)).$(printf %03d $((after % 1000)))
    # the subshell's child is the recorder
    pkill -9 -P $recorder 2>/dev/null
    wait $recorder 2>/dev/null
    judged "run$i" "kill $i after $after ms"
    rm -rf "run$i"
done
echo "    killed $times times: ${kinds[none]} left nothing, ${kinds[refused]} are refused, ${kinds[inconclusive]} inconclusive, ${kinds[whole]} whole"

# A recorder with all probes that is killed while it records.
record -o all &
recorder=$!
must "it records" until_ready all
sleep 1
pkill -9 -P $recorder
wait $recorder 2>/dev/null
must "what was flushed is there" test "$("$mirrorscope" dump all 2>/dev/null | wc -l)" -gt 0
judged all "all probes"
rm -rf all

# A disk with this much room, from nothing on.
mkdir disk
rooms="4 64"
[ "$times" -lt 20 ] || rooms="4 8 16 28 32 40 64 128 512"
for room in $rooms; do
    mount -t tmpfs -o size=${room}k,mode=700 none disk
    # the directory itself has room, metadata has none: filled but for that
    [ $room != 4 ] || head -c 4096 /dev/zero >disk/full
    timeout -s INT 300 "$mirrorscope" record -a -q "${few[@]}" -d 1 -o disk/run >/dev/null 2>said
    code=$?
    must "$room kB: the recorder says that it is not whole, or has not begun (exit $code)" test $code = 2 -o $code = 3
    must "$room kB: in sentences" test -s said
    judged disk/run "$room kB"
    umount disk
done
must "the load ran all the time" kill -0 $churn
kill $churn
wait $churn 2>/dev/null
# the programs of a recorder that ends by itself are taken out behind it
programs_gone() { ! grep -q inv_start <<<"$(bpftool prog show)"; }
must "no BPF program stays behind" until_true 300 0.2 programs_gone
