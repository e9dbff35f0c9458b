#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A driver that mirrorscope does not know, with a bug, is caught with a hook of its own: by clang where its module has BTF, by BCC where not.
# kernels: 7.x
# long: 6.1
# needs: my_driver
#
# 6.1 has the clang half only: BCC compiles with the headers of one kernel, which is enough to see here once.
source=$PWD/examples/my_driver
. "$(dirname "$0")/words.sh"
cp -r "$source" example && cd example && cc -o my_test my_test.c || exit 1

said() { "$mirrorscope" check --format json "$1" | jq -r --arg id "$2" '.rules[] | select(.id == $id) | "\(.verdict) \(.broken)"'; }
# recorded NAME OPTION...: under the hook, with the module as it is loaded now
recorded() {
    local name=$1
    shift
    "$mirrorscope" record --hook my_driver.bpf.c "$@" -o "$name" -- ./my_test >"$name.out" 2>"$name.err"
    local code=$?
    must "$name: it is recorded" is $code 0
    [ $code = 0 ] || tail -5 "$name.err"
    grep -E '^recorded|warning' "$name.err"
}
# what every recording of the driver has: 20 rounds of 16 faults, a discard of 3 pages in each
whole() {
    must "$1: the device's mappings are recorded" is "$(count "$1" dev_map)" 320
    must "$1: as those of a hook" is "$("$mirrorscope" dump "$1" --event dev_map | grep -c 'driver=hook')" 320
    must "$1: with the sequence that they were checked against" is "$("$mirrorscope" dump "$1" --event dev_map | grep -vc ' seq=[1-9]')" 0
    must "$1: and what it promises" grep -q 'discipline=unmap' <("$mirrorscope" dump "$1" --event dev_ctx)
    must "$1: discards, the end of the process, the closing: the table is cleared" is "$(count "$1" dev_unmap)" 23
}
how() { "$mirrorscope" dump "$1" --event probe_state | grep -E 'my_driver_(watch|write_table|clear_table|forget)"' | grep -cE "how=($2) "; }

insmod /out/btf/my_driver.ko off_by_one=1 || exit 1
recorded wrong
whole wrong
must "wrong: by trampolines" is "$(how wrong 'fentry|fexit')" 4
must "wrong: the page that was left out is found every time" is "$(said wrong ORD-10)" "violated 21"
"$mirrorscope" explain wrong ORD-10/1 >explained
must "wrong: and the callback is named" grep -q my_driver_invalidate explained
echo 0 >/sys/module/my_driver/parameters/off_by_one
recorded right
whole right
must "right: it is clean" is "$("$mirrorscope" check --strict hazard right >right.check; grep -c '^violated' right.check)" 0
must "right: and was judged" grep -q '^holds' <<<"$(said right ORD-10)"

# What a newcomer does wrong: one sentence, and nothing is left behind.
refused() {
    local sentence=$1 pattern=$2
    shift 2
    "$mirrorscope" record "$@" -o refused -- ./my_test >refused.out 2>refused.err
    local code=$?
    must "$sentence: exit 2" is $code 2
    must "$sentence: it says so" grep -q "$pattern" refused.err
    must "$sentence: no trace" test ! -e refused
    tail -1 refused.err | cut -c1-200
}
sed 's/my_driver_w/your_driver_w/; s/my_driver_clear/your_driver_clear/; s/my_driver_forget/your_driver_forget/' my_driver.bpf.c >absent.bpf.c
refused "a driver that is not there" "load the driver's module first" --hook absent.bpf.c
sed 's/dev_map__mine/dev_mapped__mine/' my_driver.bpf.c >event.bpf.c
refused "an event that does not exist" "there is no event dev_mapped" --hook event.bpf.c
sed 's/\.write = 1, //' my_driver.bpf.c >field.bpf.c
refused "a field that is left out" "what clang says of it stands above" --hook field.bpf.c
must "and clang names it" grep -q 'a field of dev_map is left out' refused.err
refused "no file" "cannot read the hook nowhere.bpf.c: No such file" --hook nowhere.bpf.c
sed 's/u64 start = GET(dev, start);/u64 start = *(volatile u8 *)ARG(1);/' my_driver.bpf.c >unsafe.bpf.c
refused "a program that the verifier refuses, and the rest with it" "invalid mem access" --hook unsafe.bpf.c --hook-compiler clang --probes 'dev_*'
sed 's/my_driver_forget)/your_driver_forget)/' my_driver.bpf.c >partly.bpf.c
"$mirrorscope" record --hook partly.bpf.c --probes 'dev_*' -o partly -- ./my_test >/dev/null 2>partly.err
must "a function that is not there is a warning, the rest is recorded" is "$? $(grep -c 'warning: the hook partly.bpf.c says nothing of your_driver_forget()' partly.err) $(count partly dev_map)" "0 1 320"
rmmod my_driver

case $(uname -r) in 6.1.*) exit ;; esac
insmod /out/no-btf/my_driver.ko off_by_one=1 || exit 1
must "the kernel knows no type of it" test ! -e /sys/kernel/btf/my_driver
recorded untyped --progress
cat untyped.err | grep compiling
whole untyped
must "untyped: by kprobes" is "$(how untyped 'kprobe|kretprobe')" 4
must "untyped: found all the same" is "$(said untyped ORD-10)" "violated 21"
