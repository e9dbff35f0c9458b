#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The caches of Debian's UCX and libfabric are seen hit by hit, judged right when they are, and wrong when memory is taken from under them.
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/rxe.sh"
lab-modprobe rdma_ucm # what librdmacm opens, and so libfabric's verbs provider
named=$workloads/named/libfabric.so.1

# UCX finds its peer by datagrams, whose addresses Soft-RoCE leaves where UCX does not look. rxe takes no queue for a thousand peers.
export UCX_TLS=rc_verbs,ud_verbs:aux UCX_NET_DEVICES=rxe0:1 UCX_UD_VERBS_ETH_DGID_CHECK=n UCX_RNDV_THRESH=8k
export FI_UNIVERSE_SIZE=4 FI_LOG_LEVEL=info FI_LOG_SUBSYS=mr

# What the kernel itself counts: calls of these functions, by its own uprobes.
tracing=/sys/kernel/tracing
calls_of() { # FILE FUNCTION
    local file offset
    file=$(readlink -f "$1")
    offset=$({ nm -D "$file"; nm "$file"; } 2>/dev/null | sed 's/@.*//' | awk -v name="$2" '$3 == name { print $1; exit }')
    echo "p:own/$2 $file:0x$offset" >> $tracing/uprobe_events
}
calls() { awk -v name="$1" '$(NF - 1) == name { print $NF }' $tracing/uprobe_profile; }
libraries=/usr/lib/x86_64-linux-gnu
calls_of $libraries/libucs.so.0 ucs_rcache_get
calls_of $libraries/libucs.so.0 ucs_rcache_region_put
calls_of $libraries/libibverbs.so.1 ibv_reg_mr_iova2
calls_of "$named" ofi_mr_cache_search
calls_of "$named" ofi_mr_cache_delete
calls_of "$named" ofi_mr_cache_reg
echo 1 > $tracing/events/own/enable

cat > pair <<'END'
# a server and its client: pair ADDRESS PROGRAM...
address=$1
shift
"$@" & server=$!
sleep 1
"$@" "$address" || exit 1
wait $server
END
cat > healthy.sh <<END
set -e
bash pair 127.0.0.1 ucx_perftest -t tag_bw -s 65536 -n 20 -w 5 -c 0 -f
bash pair 127.0.0.1 ucx_perftest -t ucp_put_bw -s 65536 -n 20 -w 5 -c 0 -f
bash pair 10.99.0.1 fi_pingpong -p verbs -e msg -S 65536 -I 20
export LD_LIBRARY_PATH=${named%/*}
bash pair 10.99.0.1 fi_pingpong -p verbs -e msg -S 65536 -I 20
FI_MR_CACHE_MONITOR=memhooks bash pair 10.99.0.1 fi_pingpong -p 'verbs;ofi_rxm' -e rdm -S 65536 -I 20
$workloads/ucx_reuse
FI_MR_CACHE_MONITOR=memhooks $workloads/ofi_reuse
FI_MR_CACHE_MONITOR=userfaultfd $workloads/ofi_reuse --unmap syscall
UCX_RCACHE_ENABLE=n UCX_IB_REG_METHODS=direct $workloads/ucx_reuse --unmap syscall
END
cat > stale.sh <<END
set -e
export LD_LIBRARY_PATH=${named%/*}
UCX_IB_PCI_RELAXED_ORDERING=on bash pair 127.0.0.1 ucx_perftest -t tag_bw -s 65536 -n 20 -w 5 -c 0 -f
$workloads/ucx_reuse --unmap syscall
FI_MR_CACHE_MONITOR=memhooks $workloads/ofi_reuse --unmap syscall
END
judged() {
    "$mirrorscope" record --ucache --ucache-in "$named" --exit-code-from-command -o "$1" -- bash "$1.sh" >"$1.said" 2>"$1.summary"
    must "$1: every program ran to its end" is $? 0
    "$mirrorscope" check --format json "$1" >"$1.json"
    "$mirrorscope" dump "$1" --event 'ucache_*' >"$1.ucache"
    cp "$1.said" "$1.summary" "$1.json" "$1.ucache" /out/
}
events() { grep -c " $2 .*${3:-}" "$1.ucache"; }
verdict() { jq -r --arg id "$2" '.rules[] | select(.id == $id) | if .verdict == "holds" and .held == 0 then "idle" else .verdict end' "$1.json"; }
findings() { jq -r --arg id "$2" --arg task "$3" '[.rules[] | select(.id == $id) | .findings[] | select(.task == $task)] | length' "$1.json"; }

judged healthy
must "UCX's cache is found in its library" is "$("$mirrorscope" dump healthy --event probe_state | grep -c 'how=uprobe .*function="uc[sm]_')" 7
must "libfabric's where it has names" is "$("$mirrorscope" dump healthy --event probe_state | grep -c 'how=uprobe .*function="ofi_')" 7
gets=$(($(calls ucs_rcache_get) + $(calls ofi_mr_cache_search)))
echo "the caches were asked $gets times: $(events healthy ucache_hit) hits, $(events healthy ucache_insert) misses;" \
    "$(events healthy ucache_evict freed=0) regions given up, $(calls ibv_reg_mr_iova2) registrations"
must "the caches were asked, often for what they have" test "$(events healthy ucache_hit)" -gt 200
must "each time is a hit or a miss" is $(($(events healthy ucache_hit) + $(events healthy ucache_insert))) $gets
must "each put is recorded" is "$(events healthy ucache_put)" $(($(calls ucs_rcache_region_put) + $(calls ofi_mr_cache_delete)))
must "the kernel registered what the libraries asked it for" is "$(count healthy reg)" "$(calls ibv_reg_mr_iova2)"
must "and ended each" is "$(count healthy dereg)" "$(count healthy reg)"
# ucp keeps a region of its own above the one of the device's cache: no registration is behind it
process='s/.* [0-9]*\/\([0-9]*\) [a-z_]* mm=.*/\1/'
"$mirrorscope" dump healthy --event reg >registered
grep ' ucache_insert .*ctx=0x[1-9a-f]' healthy.ucache >kept
must "every region of a device's cache is a registration of the kernel" is \
    "$(comm -13 <(sed 's/.* ctx=\([^ ]*\).*/\1/' registered | sort) <(sed 's/.* ctx=//' kept | sort) | wc -l)" 0
sed "$process" kept | sort -u >cachers
must "and every registration a region's, but what libfabric does not cache" is \
    $(($(sed "$process" registered | grep -cxFf cachers) - $(wc -l <kept))) "$(calls ofi_mr_cache_reg)"
must "and those of two processes whose cache has no names and one that has none" is "$(sed "$process" registered | sort -u | grep -cvxFf cachers)" 3

# libfabric says at its end what it counted.
said() { sed -n "s/^libfabric:\([0-9]*\):.*MR cache stats:.* $1 \([0-9]*\).*/\2/p" healthy.said healthy.summary | awk '{ s += $1 } END { print s + 0 }'; }
ours() { grep -E "$(sed -n 's/^libfabric:\([0-9]*\):.*MR cache stats.*/\/\1 /p' healthy.said healthy.summary | paste -sd'|')" healthy.ucache; }
must "libfabric counted as many hits" is "$(ours | grep -c ' ucache_hit ')" "$(said hits)"

for rule in REG-05 REG-16 REG-20 REG-21 REG-22 REG-23 REG-24 REG-25 REG-26; do
    must "$rule had something to judge and holds" is "$(verdict healthy $rule)" holds
done
must "and nothing else is violated" is "$(jq -r '[.rules[] | select(.verdict == "violated") | .id] | join(" ")' healthy.json)" ""
must "all data arrived, where the cache hears of the unmap or there is none" is "$(grep -c 'in 0 the data did not arrive' healthy.said)" 4

judged stale
must "the data did not arrive where the C library was not asked" is "$(grep -c 'in 5 the data did not arrive' stale.said)" 2
for program in ucx_reuse ofi_reuse; do
    must "$program: three transfers of five rounds through a stale region" is "$(findings stale REG-20 $program)" 15
    must "$program: five unmaps of which the cache was not told" is "$(findings stale REG-21 $program)" 5
    must "$program: five registrations are stale" is "$(findings stale REG-05 $program)" 5
done
must "and the device wrote through them" is "$(verdict stale REG-23)" violated
must "no finding is about ucx_perftest with relaxed ordering, but that each region has two registrations" is \
    "$(jq -r '[.rules[] | select(.verdict == "violated") | .id as $id | .findings[]
        | select(.task == "ucx_perftest" or .task == "async") | $id] | unique | join(" ")' stale.json)" REG-16
