#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# An archive as a site has one: traces of several hosts, right ones and wrong ones, some damaged, some that cannot be read. Sourced; $mirrorscope and
# $make_trace are programs.
#
# make_archive DIR TRACES: of 20 traces 14 are of a right kernel, 3 of a model's mutant, 1 has a damaged packet, 1 a stream that is cut, and of 100 one
# has no readable metadata. DIR/hostN/M is trace M of host N, of which there are TRACES / 25, at least 2.
make_archive() {
  local archive=$1 traces=$2 hosts host
  hosts=$((traces / 25 < 2 ? 2 : traces / 25))
  for ((host = 0; host < hosts; ++host)); do
    mkdir -p "$archive/host$host"
    unshare --uts bash -c "hostname host$host; $(declare -f one_trace); mirrorscope='$mirrorscope' make_trace='$make_trace'
      for ((i = $host; i < $traces; i += $hosts)); do one_trace '$archive/host$host/'\$i \$i; done"
  done
}
one_trace() { # DIR NUMBER
  local dir=$1 i=$2 mutants=(skip_read_retry retry_check_outside_lock callback_skips_set_seq unmap_events_only)
  case $((i % 20)) in
    3 | 9 | 15)
      "$mirrorscope" explore hmm_mirror --mutant "${mutants[i % ${#mutants[@]}]}" --write-trace "$dir" > /dev/null || [ $? = 1 ]
      ;;
    *) "$make_trace" "$dir" $((1000 + i * 7919 % 30000)) $((1 + i % 7)) $((1 + i % 4)) > /dev/null ;;
  esac
  case $((i % 100)) in
    5 | 25 | 45 | 65 | 85) printf '\377\377\377\377' | dd of="$dir/cpu_0" bs=1 seek=3000 conv=notrunc status=none ;;
    7 | 27 | 47 | 67 | 87) truncate -s 5000 "$dir/cpu_0" ;;
    11) truncate -s 100 "$dir/metadata" ;;
  esac
}

# same_one_by_one RESULTS: each trace of the newest plan has the result that `check` makes of it alone, and those that cannot be read say so. Leaves the
# seconds that the single checks took in $single.
same_one_by_one() {
  local results=$1 plan path key begin code
  plan=$(ls -t "$results"/plans/*.json | head -1)
  single=0
  while IFS=$'\t' read -r path key; do
    begin=$EPOCHREALTIME code=0
    "$mirrorscope" check --jobs 1 --format json "$path" > "$work/alone.json" 2> "$work/alone.err" || code=$?
    single=$(awk -v s="$single" -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.4f", s + b - a }')
    cmp -s "$work/alone.json" "$results/results/${key:0:2}/$key.json" || complain "the result of $path is that of check"
    [ "$code" != 2 ] || grep -qF "$(jq -r .says "$results/results/${key:0:2}/$key.open")" "$work/alone.err" || complain "why $path cannot be read"
  done < <(jq -r '.traces[] | [.path, .key] | @tsv' "$plan")
}
