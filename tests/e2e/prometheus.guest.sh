#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does every query of the dashboard and of the alerts get data from a real Prometheus that scrapes a real exporter under load?
# kernels: 7.x
. "$(dirname "$0")/words.sh"
root=$(cd "$lab/../.." && pwd)
"$lab/inside/rxe.sh"
"$lab/inside/kvm.sh"
ip link set lo up
"$workloads/rdma_churn" --pinned --tap --threads 1 --disturbers 1 --pace 5000 --seconds 100000 --hang-after 100000 > /dev/null 2>&1 &
loads=$!
"$workloads/rdma_churn" --odp --threads 1 --disturbers 1 --pace 5000 --seconds 100000 --hang-after 100000 > /dev/null 2>&1 &
loads+=" $!"
# one that calls itself what Prometheus, a terminal and a CI must not see
hostile=$'\e]2;\xff\n::x"'
cp "$workloads/rdma_churn" "$PWD/$hostile"
"$PWD/$hostile" --pinned --threads 1 --disturbers 1 --pace 5000 --seconds 100000 --hang-after 100000 > /dev/null 2>&1 &
loads+=" $!"
# They work one second in five, and the rest of an emulated CPU is for who counts that: working all the time they made half an hour of this test.
rhythm() { while kill -CONT $loads; do sleep 1; kill -STOP $loads; sleep 4; done 2> /dev/null; }
rhythm &
rhythm=$!
"$mirrorscope" exporter > exporter.out 2> exporter.err &
exporter=$!
# reply PORT PATH HOST: what a server on this machine says, head and body. A Python that is emulated takes twenty seconds for it.
reply() (exec 3<> "/dev/tcp/127.0.0.1/$1" && printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$2" "$3" >&3 && cat <&3)
body() { sed '1,/^\r*$/d'; }
metrics() { reply 9435 /metrics 127.0.0.1:9435 | body; }
answers() { metrics > metrics.txt 2> /dev/null && grep -q 'process="\\\\x1b]' metrics.txt; }
until_true 300 0.5 answers
must "the exporter answers" test -s metrics.txt
must "Prometheus's own checker accepts the text" promtool check metrics < metrics.txt
must "a process is shown by its name, whatever that is" grep -qF 'process="\\x1b]2;\\xff\\x0a::x\""' metrics.txt
"$mirrorscope" stat -a -d 15 > stat.txt 2> stat.err
must "stat shows it" grep -qF '\x1b]2;\xff\x0a' stat.txt
"$mirrorscope" stat -a -d 15 --format json > stat.json 2>> stat.err
must "stat's JSON has it" test "$(jq '[.rows[] | select(.process == "\\x1b]2;\\xff\\x0a::x\"")] | length > 0' stat.json)" = true
"$mirrorscope" top --batch -n 1 > top.txt 2> top.err
must "no escape sequence reaches a terminal" is "$(cat stat.txt stat.json stat.err top.txt top.err | tr -d '\11\12\40-\176' | wc -c)" 0
must "a page of another name is refused" is "$(reply 9435 /metrics evil.example | awk 'NR == 1 { print $2 }')" 403
must "the exporter has given up its privileges" is "$(grep CapPrm /proc/$exporter/status | tr -d ' \t' | cut -d: -f2)" 000000c000000000
must "no series is named after an address or a process number" is "$(grep -v '^#' metrics.txt | grep -cE '0x|ffff[0-9a-f]{8}|pid=')" 0

cat > prometheus.yml <<Y
global: {scrape_interval: 5s, evaluation_interval: 5s}
rule_files: [$root/dashboards/alerts.yml]
scrape_configs:
  - job_name: mirrorscope
    static_configs: [{targets: ['127.0.0.1:9435']}]
Y
prometheus --config.file=prometheus.yml --storage.tsdb.path=data --web.listen-address=127.0.0.1:9090 --log.level=warn > prometheus.log 2>&1 &
server=$!
# data_for EXPRESSION: does Prometheus have any? Asked as Grafana asks, over its HTTP API: promtool takes up to half a minute to begin here.
data_for() { reply 9090 "/api/v1/query?query=$(jq -rn --arg expression "$1" '$expression | @uri')" 127.0.0.1:9090 | body | jq -e '.data.result | length > 0' > /dev/null 2>&1; }
must "Prometheus has scraped five times" until_true 300 1 data_for 'count_over_time(mirrorscope_build_info[5m]) > 4'
reply 9090 /api/v1/rules 127.0.0.1:9090 | body > rules.json
must "Prometheus has loaded the alerts" is "$(jq '[.data.groups[].rules[]] | length' rules.json)" "$(grep -c 'alert:' "$root/dashboards/alerts.yml")"

asked=0
while IFS= read -r expression; do
    asked=$((asked + 1))
    must "data for $expression" until_true 60 2 data_for "${expression//\$__rate_interval/1m}"
done < <(jq -r '.panels[].targets[].expr' "$root/dashboards/grafana.json"
         jq -r '.data.groups[].rules[].query | split(" > ")[:-1] | join(" > ")' rules.json)
must "every panel and alert was asked" is $asked "$(($(grep -c '"expr"' "$root/dashboards/grafana.json") + $(grep -c 'alert:' "$root/dashboards/alerts.yml")))"

before=$(metrics | awk '/^mirrorscope_invalidations_total\{process="rdma_churn"/ { s += $2 } END { print s + 0 }')
kill $rhythm
kill -CONT $loads
kill $loads
sleep 3
after=$(metrics | awk '/^mirrorscope_invalidations_total\{process="rdma_churn"/ { s += $2 } END { print s + 0 }')
must "no counter falls when its process ends ($before, then $after)" test "$after" -ge "$before"
"$mirrorscope" exporter --listen 127.0.0.1:9435 > second.out 2>&1
must "a taken port is refused in one sentence" is $? 2
must "the sentence names the address" grep -q "127.0.0.1:9435" second.out
kill $exporter
wait $exporter
must "the exporter ends with 0 when told" is $? 0
kill $server
wait $server 2> /dev/null
true
