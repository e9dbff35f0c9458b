#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does every probe that this kernel can give attach, and in the best way? Compares with the kernel's column of attach.expect; with a module that
# was built here (nouveau.sh), those rows that need it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd) lab=$(cd "$(dirname "$0")/../lab" && pwd) kernel=$1 built=${2:-}
if [ -n "$built" ]; then
    # shellcheck disable=SC2046 # a list
    lab-modprobe $(readelf -p .modinfo "$built" | sed -n 's/.*depends=//p' | tr ',' ' ')
    insmod "$built"
else
    "$lab/inside/rxe.sh"
    "$lab/inside/kvm.sh"
    for module in $(sed -n 's/^# modules: //p' "$here/attach.expect"); do
        if [ -n "$(find "/lib/modules/$(uname -r)/" -name "$module.ko*")" ]; then lab-modprobe $module; fi
    done
fi
# What it says is all that is needed: that it takes hundreds of programs out of xe, amdgpu and the rest again need not be waited for.
"$BUILD/tests/bpf/probe_smoke" --seconds 1 >/tmp/smoke &
smoke=$!
until grep -q 'BALANCED$' /tmp/smoke || ! kill -0 $smoke 2>/dev/null; do sleep 0.2; done
kill -STOP $smoke 2>/dev/null || true
grep -qx BALANCED /tmp/smoke || { tail -5 /tmp/smoke; exit 1; }
sed -n 's/^STATE //p' /tmp/smoke | sort -u >/tmp/states
case $kernel in 6.1) column=3 ;; 6.12) column=4 ;; 7.x) column=5 ;; *) echo "no column for $kernel" >&2; exit 2 ;; esac
half=2 # of a|b: 7.x was 7.2 before
case $(uname -r) in 7.[0-2].*) half=1 ;; esac

# absent is written - in the table, unwanted (the event comes from another function there) is written .
rows() {
    awk -v column=$column -v half=$half -v built="$built" '
        /^#/ || !NF { next }
        {
            how = $column
            if (split(how, halves, "|") == 2) how = halves[half]
            if (built != "" && how !~ /\*$/) next
            if (how == "-" || how == "unloaded" || (built == "" && how ~ /\*$/)) how = "absent"
            if (how == ".") how = "unwanted"
            sub(/\*$/, "", how)
            print $1, $2, how
        }' "$here/attach.expect"
}

bad=0
while read -r event function want; do
    how=$(awk -v e="$event" -v f="$function" '$1 == e && $2 == f { print $3 }' /tmp/states | paste -sd+)
    if [ "${how:-unwanted}" != "$want" ]; then
        echo "NOT OK: $event at $function is ${how:-unwanted}, expected $want"
        grep -E "^$event +.* $function " /tmp/smoke | head -1
        bad=1
    fi
done < <(rows)
# Of which hook a program is, is known: where one is refused the others must go (collector/hooks/whole_hooks.cpp).
known=0
for file in "$here"/../../bpf/drivers/*.bpf.c; do
    hook=$(basename "$file" .bpf.c)
    while read -r event function; do
        hooks=$(awk -v e="$event" -v f="$function" '$1 == e && $2 == f && $3 ~ /^(fentry|fexit|kprobe|kretprobe)$/ { print $4 }' /tmp/states)
        [ -n "$hooks" ] || continue
        if grep -qx "$hook" <<<"$hooks"; then known=$((known + 1)); else echo "NOT OK: $event at $function is not known to be of $hook"; bad=1; fi
    done < <("$here/hook_rows.sh" "$file")
done
echo "$known of them in hooks"
# What could not be attached to must be there all the same.
while read -r function; do
    gntdev=$(find "/lib/modules/$(uname -r)/" -name "xen-gntdev.ko*")
    grep -q "FUNC '$function'" <(bpftool btf dump -B /sys/kernel/btf/vmlinux file "$gntdev") || { echo "NOT OK: $function is not in $gntdev"; bad=1; }
done < <(awk -v column=$column '!/^#/ && $column == "unloaded" { print $2 }' "$here/attach.expect")
echo "$(rows | wc -l) probes compared on $kernel ($(uname -r))"
exit $bad
