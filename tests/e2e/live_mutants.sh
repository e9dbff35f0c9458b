#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Which live mutants were caught, by which rule, and what did the module's oracle see? live_mutants.sh WHAT_MIRRORSCOPE_DEVICE_SAID CHECK_JSON:
# the table of docs/live-mutants.md. The model's word is that of docs/mutants.md.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
echo "| mode | mutant | rule of the model | caught by it live | oracle of the module |"
echo "|---|---|---|---|---|"
{
    awk -F' *\\| *' '/^## / { profile = substr($0, 4) } NF > 8 && $6 ~ /^[A-Z0-9]+-[0-9]+$/ { print "rule", profile, $2, $6 }' "$here/../../docs/mutants.md"
    jq -r '.rules[] | select(.verdict == "violated" and .level != "smell") | .id as $id | .findings[] | "found \($id) \(.time)"' "$2"
    sed 's/^/mutant /' "$1"
} | awk '
    BEGIN {
        split("mirror hmm_mirror implicit odp_implicit registration i915_userptr fence amdgpu_userptr quiesce kfd_quiesce pinned pinned_mr devmem pagemap gpusvm gpusvm", p)
        for (i = 1; i in p; i += 2) profile[p[i]] = p[i + 1]
    }
    $1 == "rule" { rule[$2, $3] = $4 }
    $1 == "found" { id[n] = $2; time[n++] = $3 }
    $1 == "mutant" {
        mine = rule[profile[$2], $3]; caught = "no"; others = ""; split("", seen)
        for (i = 0; i < n; i++)
            if (time[i] >= $7 && time[i] <= $8 && !(id[i] in seen)) {
                seen[id[i]] = 1
                others = others (others == "" ? "" : ", ") id[i]
            }
        # what follows from it may be seen where the rule itself needs what no probe gives
        if (others != "") caught = "by " others
        if (mine in seen) caught = "yes"
        oracle = $6 > 0 ? "no permission" : $5 > 0 ? "stale page" : "-"
        printf "| %s | %s | %s | %s | %s |\n", $2, $3, mine, caught, oracle
    }'
