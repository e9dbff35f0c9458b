#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Do SPIN and the explorer find the same bug in the same mutants of hmm_mirror, and none in it as it is?
#
# Usage: agree.sh MIRRORSCOPE [WORK]. Exit code 1 if they differ, 77 without spin.
set -euo pipefail
mirrorscope=$(realpath "${1:?path of mirrorscope}")
model=$(realpath "$(dirname "$0")")/hmm_mirror.pml
command -v spin > /dev/null || { echo "SKIP: no spin"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# The scenarios of the profile, as the model takes them.
declare -A scenario=(
  [munmap]="-DDEVICES=1 -DPROCESSES=1 -DPAGES=2 -DMUNMAP"
  [remap]="-DDEVICES=1 -DPROCESSES=1 -DPAGES=1 -DREMAP"
  [dontneed]="-DDEVICES=2 -DPROCESSES=1 -DPAGES=1 -DDONTNEED"
  [chunks]="-DDEVICES=1 -DPROCESSES=1 -DPAGES=2 -DTOUCHED=1 -DDONTNEED -DCHUNKS"
  [mrelease]="-DDEVICES=1 -DPROCESSES=1 -DPAGES=1 -DMRELEASE"
  [mprotect]="-DDEVICES=1 -DPROCESSES=1 -DPAGES=1 -DMPROTECT"
  [exit]="-DDEVICES=1 -DPROCESSES=1 -DPAGES=1 -DEXIT"
  [access]="-DDEVICES=1 -DENGINES=1 -DPROCESSES=1 -DPAGES=2 -DMUNMAP"
)

# run_pan CFLAGS PANFLAGS: what one run of the verifier finds
run_pan() {
  cc "$1" -O0 -w -o pan pan.c
  ./pan $2 -m100000 > pan.log
  case $(grep -m1 '^pan:1:' pan.log || true) in
    *'assertion violated'*dma*) echo access ;;
    *'assertion violated'*writable*) echo write ;;
    *'assertion violated'*) echo sleeps ;;
    *'invalid end state'*) echo deadlock ;;
    *'non-progress cycle'*) echo livelock ;;
    '') if grep -q 'errors: 0' pan.log && ! grep -q 'max search depth' pan.log; then echo none; else echo "pan failed"; fi ;;
    *) echo "pan failed" ;;
  esac
}

# by_spin SCENARIO MUTANT: states and find
by_spin() {
  spin -a ${scenario[$1]} ${2:+-D$2} "$model" > spin.log || { cat spin.log >&2; exit 1; }
  spins=$(run_pan -DSAFETY "")
  spins_states=$(awk '/states, stored/ { print $1 }' pan.log)
  if [ "$spins" = none ]; then spins=$(run_pan -DNP -l); fi
}

by_explorer() {
  local code=0
  "$mirrorscope" explore hmm_mirror --scenario "$1" ${2:+--mutant "$2"} > explore.log || code=$?
  [ "$code" -le 1 ] || { cat explore.log >&2; exit 1; }
  ours_states=$(sed -n '1s/.*: \([0-9,]*\) states.*/\1/p' explore.log | tr -d ,)
  case $(sed -n 's/^  oracle: //p' explore.log) in
    *'freed page'* | *'stale translation'*) ours=access ;;
    *'write without permission'*) ours=write ;;
    *sleeps*) ours=sleeps ;;
    *deadlock*) ours=deadlock ;;
    *livelock*) ours=livelock ;;
    '') ours=none ;;
    *) ours=other ;;
  esac
}

differ=0
compare() {  # SCENARIO MUTANT WANTED
  by_spin "$1" "${2#base}"
  by_explorer "$1" "${2#base}"
  local verdict=agree
  if [ "$spins" != "$ours" ] || [ "$ours" != "$3" ]; then verdict=DIFFER differ=1; fi
  printf '%-10s %-28s %-10s %7s   %-10s %7s   %s\n' "$1" "$2" "$spins" "$spins_states" "$ours" "$ours_states" "$verdict"
}

printf '%-10s %-28s %-10s %7s   %-10s %7s\n' scenario mutant SPIN states explorer states
for s in munmap remap dontneed chunks mrelease access mprotect exit; do compare "$s" base none; done
known=" "
while read -r s mutant wanted; do
  compare "$s" "$mutant" "$wanted"
  known+="$mutant "
done <<'MUTANTS'
remap skip_read_retry access
remap retry_check_outside_lock access
remap retry_check_then_unlock access
remap callback_skips_set_seq access
dontneed set_seq_for_unmap_only access
remap set_seq_outside_lock access
chunks seq_resampled_mid_walk access
chunks busy_keeps_first_chunks access
dontneed seq_shared access
dontneed hmm_range_shared access
dontneed unmap_events_only access
remap old_seq_after_busy livelock
munmap invalidate_no_drain access
access invalidate_range_misrounded access
access invalidate_first_page_lost access
remap lock_across_read_begin deadlock
remap lock_leaked_on_collision deadlock
remap blockable_refused access
mrelease nonblock_blocks sleeps
mrelease refused_with_lock_held deadlock
munmap removed_in_the_callback deadlock
mprotect writes_what_was_read write
remap no_mmap_lock none
exit no_mmget none
MUTANTS
while read -r mutant; do
  [[ $known == *" $mutant "* ]] || { echo "$mutant is not in the Promela model"; differ=1; }
done < <("$mirrorscope" explore --list | sed -n '/^hmm_mirror:/,/^[a-z]/s/^  mutant  \([^ ]*\) .*/\1/p')
exit $differ
