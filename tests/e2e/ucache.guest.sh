#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A registration cache that is wrong in one way is caught by the rule of that way, and one that is right by none.
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/rxe.sh"

judged() {
    "$mirrorscope" record --ucache -o "$1" -- "$workloads/ucache_lab" --defect "$1" --rounds 5 >"$1.said" 2>"$1.summary" || cat "$1.summary"
    "$mirrorscope" check --format json "$1" >"$1.json"
    cp "$1.summary" "$1.json" /out/
}
violated() { jq -r '[.rules[] | select(.verdict == "violated" and (.id | test("REG-2[0-6]"))) | .id] | join(" ")' "$1.json"; }
verdict() { jq -r --arg id "$2" '.rules[] | select(.id == $id) | .verdict' "$1.json"; }

judged none
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

# What else must be true then: an untold unmap that is found again was not told, and is deregistered late.
while read -r defect rules; do
    judged "$defect"
    must "$defect: $rules" is "$(violated "$defect")" "$rules"
done <<'END'
stale_hit REG-20 REG-21 REG-23 REG-24
discard REG-20 REG-23
remap REG-20 REG-21 REG-23 REG-24
not_told REG-21 REG-24
dereg_after_free REG-24
freed_in_use REG-22
double_layer REG-25
leak REG-26
END
must "without --ucache there is no uprobe" is "$("$mirrorscope" record -o off -- true 2>/dev/null; "$mirrorscope" dump off --event probe_state | grep -c uprobe)" 0
