#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What does each driver's hook attach to on each kernel? docs/hooks.md, from bpf/drivers/ and attach.expect; complains about a program without a row.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) drivers=$(cd "$(dirname "$0")/../../bpf/drivers" && pwd)

cat <<'TEXT'
# Drivers' hooks

Generated from `bpf/drivers/` and `tests/bpf/attach.expect`; `bpf.KERNEL.attach` boots each kernel, loads the modules and compares.

| word | means |
|---|---|
| fentry, fexit | attached by BPF trampoline to the function of the loaded module, arguments and fields found through BTF |
| kprobe, kretprobe | attached by address |
| BTF | the module does not load here (no Xen); the function is in its BTF |
| fentry, built; fexit, built | Debian builds the driver without this; attached to a module built by `tests/lab/nouveau.sh` from Debian's source of the same kernel, in `bpf.7.x.nouveau` |
| a+b | two programs, at its entry and at its return |
| until 7.2, since 7.3 | `7.x` was both; each was booted and compared |
| other | the event comes from another function on this kernel |
| - | this kernel, or its Debian build, has no such function |

A driver's discipline, what its hook leaves out and why stand at the head of its file. Where the hardware is absent, that is all that was
tried: the functions are found and attached, nothing has run through them.

A hook is whole or says nothing: if this kernel refuses one of its programs, the others are withheld (`probe_state`, `record` says which and why),
because half of a driver's events look like a driver that does half of its work. A function that a kernel does not have withholds nothing.
TEXT
for file in "$drivers"/*.bpf.c; do
    name=$(basename "$file" .bpf.c)
    [[ $name != reference ]] || continue # its functions are ours, on every kernel: schema/reference_points.def, e2e.KERNEL.module
    printf '\n## %s\n\n%s\n\n| event | function | 6.1 | 6.12 | 7.x |\n|---|---|---|---|---|\n' "$name" \
        "$(sed -n '2s#^/\* \(.*\) \*/$#\1#p' "$file")"
    "$here/hook_rows.sh" "$file" | while read -r event function; do
        awk -v e="$event" -v f="$function" '
            function word(w,  h) {
                if (sub(/\*$/, "", w)) return w ", built"
                if (split(w, h, "|") == 2) return h[1] == "." ? h[2] " since 7.3" : h[1] " until 7.2"
                return w == "." ? "other" : w == "unloaded" ? "BTF" : w
            }
            $1 == e && $2 == f { found = 1; printf "| `%s` | `%s` | %s | %s | %s |\n", e, f, word($3), word($4), word($5) }
            END { exit !found }' "$here/attach.expect" || { echo "attach.expect has no row for $event at $function" >&2; exit 1; }
    done | awk '!seen[$0]++'
done
