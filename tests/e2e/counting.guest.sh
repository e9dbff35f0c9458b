#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Do stat and top count what record records, call by call, and does the screen of top show it?
# kernels: 7.x
# long: 6.1
. "$(dirname "$0")/words.sh"
"$lab/inside/kvm.sh"
load=pinned
if "$lab/inside/rxe.sh" && [ "$(uname -r | cut -d. -f1)" -ge 7 ]; then load=odp; fi

# A load under a recorder under stat: both begin before it does, so what they counted is the same but for what either lost.
churn=("$workloads/rdma_churn" "--$load" --seconds 2)
[ $load = odp ] || churn+=(--tap)
"$mirrorscope" stat --format json -o stat.json -- "$mirrorscope" record -q -o run -- "${churn[@]}" > said.txt 2> stat.err
must "stat ends with 0" is $? 0
of() { jq "[.rows[] | select(.process == \"rdma_churn\" and .call == \"$1\") | .calls] | add // 0" stat.json; }
lost=$(("$(jq .not_counted stat.json)" + "$(sum run lost count)"))
close() { local d=$((${1:?} - ${2:?})); [ ${d#-} -le "$3" ]; }
records=$("$mirrorscope" dump run --event inv_start --json | jq -s 'length')
counted=$(of invalidation)
# the recorder itself unmaps as well: its own calls are rows of another process in stat, and not in the trace
must "stat counts each invalidation that record records ($counted, $records, $lost lost)" close "$counted" "$records" "$lost"
must "there were invalidations" test "$records" -gt 100
if [ $load = odp ]; then
    must "stat counts each callback" close "$(of callback)" "$(count run cb_enter)" "$lost"
    must "stat counts each hmm_range_fault()" close "$(of fault)" "$(count run range_fault)" "$lost"
    must "a callback has a name and its module" test "$(jq '[.rows[] | select(.of == "rxe_ib_invalidate_range [rdma_rxe]" and .call == "callback")] | length' stat.json)" = 1
else
    must "stat counts each callback" close "$(of callback)" "$(($(count run hl_start) + $(count run hl_end) + $(count run hl_release)))" "$lost"
fi
must "percentiles are in order" test "$(jq '[.rows[] | select(.ns) | select(.ns.p50 <= .ns.p99 and .ns.p99 <= .ns.longest)] | length' stat.json)" \
    = "$(jq '[.rows[] | select(.ns)] | length' stat.json)"
"$mirrorscope" stat --no-such > said.txt 2>&1
must "an unknown option is wrong usage" is $? 2
"$mirrorscope" stat --exit-code-from-command -- sh -c 'exit 7' > said.txt 2>&1
must "the command's exit code is passed on when asked for" is $? 7
must "a command that mirrors nothing is said to do so" grep -q "nothing happened" said.txt

# top beside a load that was there before it: frames, and a screen. The load rests while top begins, which takes all of an emulated CPU.
"$workloads/rdma_churn" --pinned --tap --threads 1 --disturbers 1 --pace 5000 --seconds 100000 --hang-after 100000 > /dev/null 2>&1 &
busy=$!
until_true 200 0.2 grep -q 'VmPin:\s*[1-9]' /proc/$busy/status
sleep 2 # its disturber and its KVM machine come behind the first registration
kill -STOP $busy
"$mirrorscope" top --check -- true > said.txt 2>&1
must "top --check with a command is refused" is $? 2
"$mirrorscope" top --check --batch -i 2s -n 8 > frames.txt 2> frames.err &
top=$!
must "top begins" until_true 600 0.2 grep -q '^mirrorscope top' frames.txt
kill -CONT $busy
wait $top
must "top ends after its frames" is $? 0
kill -STOP $busy
must "eight frames" test "$(grep -c '^mirrorscope top' frames.txt)" = 8
must "the load is in it, with its callbacks" grep -q "rdma_churn.*kvm_mmu_notifier_invalidate_range_start \[kvm\]" frames.txt
must "pins are counted" test "$(awk '$3 == "pin" && $2 == "rdma_churn" { print $4 + 0 }' frames.txt | sort -n | tail -1)" -gt 0
must "what the load does to its registrations is objected to while it runs" grep -q "rdma_churn *REG-05 stale_registration (hazard)" frames.txt
must "its line has the number of findings" test "$(awk '$2 == "rdma_churn" && NF == 16 { print $NF + 0 }' frames.txt | tail -1)" -gt 0
must "nothing of it stays" is "$(ls -d /tmp/mirrorscope-top.* 2> /dev/null | wc -l)" 0
export TERM=screen-256color
tmux -f /dev/null new-session -d -s top -x 160 -y 40 "$mirrorscope top -i 500ms; echo ended with \$? > top.code; sleep 60"
shows() { tmux capture-pane -p -t top > screen.txt && grep -q "$1" screen.txt; }
must "the screen names its keys" until_true 600 0.2 shows "q quits"
kill -CONT $busy
must "the screen shows the load" until_true 300 0.5 shows rdma_churn
cp screen.txt /out/
tmux send-keys -t top q
until_true 100 0.2 test -e top.code
must "q ends it" grep -qx "ended with 0" top.code
kill $busy
wait
