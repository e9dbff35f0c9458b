#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A registration cache that is wrong in one way is caught by the rule of that way, and one that is right by none.
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/rxe.sh"

judged() { # NAME [OPTION...] -- COMMAND...
    local name=$1
    shift
    "$mirrorscope" record --ucache -o "$name" "$@" >"$name.said" 2>"$name.summary" || cat "$name.summary"
    "$mirrorscope" check --format json "$name" >"$name.json"
    cp "$name.summary" "$name.json" /out/
}
verdict() { jq -r --arg id "$2" '.rules[] | select(.id == $id) | .verdict' "$1.json"; }
# violated NAME [PROCESS]: by which rules of registration caches; what a device does to a process is recorded in a worker of the kernel
violated() {
    jq -r --argjson process "${2:-0}" '[.rules[] | select(.verdict == "violated" and (.id | test("REG-2[0-6]"))) |
        select($process == 0 or any(.findings[].evidence[].event; .tgid == $process)) | .id] | join(" ")' "$1.json"
}

judged none -- "$workloads/ucache_lab" --defect none --rounds 5
must "the functions of the cache are found in the program" is \
    "$("$mirrorscope" dump none --event probe_state | grep -c 'how=uprobe .*function="mirrorscope_ucache_')" 7
must "every hit is recorded" is "$(count none ucache_hit)" 20
must "every registration of the cache is recorded" is "$(count none ucache_insert)" 11
must "with what the kernel registered" is "$("$mirrorscope" dump none --event ucache_insert | grep -c 'ctx=0x0')" 0
must "every end of one is the kernel's" is "$("$mirrorscope" dump none --event ucache_evict | grep -c 'freed=1')" 11
must "the right cache is clean" is "$(violated none)" ""
for rule in REG-05 REG-20 REG-21 REG-22 REG-23 REG-24 REG-25 REG-26; do
    must "and $rule had something to judge" is "$(verdict none $rule)" holds
done

# Each wrong cache is a process of one recording. What else must be true then: an untold unmap that is found again was not told, and is
# deregistered late.
cat >expected <<'END'
stale_hit REG-20 REG-21 REG-23 REG-24
discard REG-20 REG-23
remap REG-20 REG-21 REG-23 REG-24
not_told REG-21 REG-24
dereg_after_free REG-24
freed_in_use REG-22
double_layer REG-25
leak REG-26
END
cat >wrong.sh <<END
while read -r defect rules; do
    "$workloads/ucache_lab" --defect "\$defect" --rounds 5 &
    echo "\$! \$defect \$rules" >>processes
    wait
done <expected
END
judged wrong --ucache-in "$workloads/ucache_lab" -- bash wrong.sh
must "of each rule every cause is told" is "$(jq '[.rules[] | select((.id | test("REG-2[0-6]")) and (.all_causes | not))] | length' wrong.json)" 0
while read -r process defect rules; do
    must "$defect: $rules" is "$(violated wrong "$process")" "$rules"
done <processes
must "every wrong cache was asked about" is "$(wc -l <processes)" "$(wc -l <expected)"
must "without --ucache there is no uprobe" is "$("$mirrorscope" record -o off -- true 2>/dev/null; "$mirrorscope" dump off --event probe_state | grep -c uprobe)" 0
