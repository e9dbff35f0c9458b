#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is the word that was meant found for every kind of name that is looked up, does `help` help, and is it the user who decides about colours?
# names.sh MIRRORSCOPE
set -euo pipefail
mirrorscope=$1
cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
bad=0
must() { echo "$1: $2"; [ "$2" = yes ] || bad=1; }

# WORD that was meant, then the command line that does not have it: one line, exit 2
meant() {
  local word=$1 code=0
  shift
  "$mirrorscope" "$@" > out 2> err || code=$?
  must "\`$*\`: did you mean '$word' (exit $code)" \
    "$([ $code = 2 ] && [ "$(wc -l < err)" = 1 ] && grep -q "did you mean '$word'?" err && echo yes || { cat err >&2; echo no; })"
}
# no command line like this one is near to anything
unlike() {
  local code=0
  "$mirrorscope" "$@" > out 2> err || code=$?
  must "\`$*\`: nothing is meant (exit $code)" "$([ $code = 2 ] && ! grep -q "did you mean" err && echo yes || { cat err >&2; echo no; })"
}

"$mirrorscope" explore hmm_mirror --mutant skip_read_retry --write-trace run > explored 2>&1 || true

meant check chekc
meant --rules check --rule 'SEQ-*' run
meant hmm_mirror explore hmm_miror
meant hmm_mirror explore HMM-Miror
meant hmm_mirror explore --all hmm_miror
meant hmm_mirror conform --profile hmm_miror run
meant skip_read_retry explore hmm_mirror --mutant skip_retry
meant inv_start dump --event inv_strat run
meant perfetto export --format perfeto run
meant json conform --format jsn run
meant junit check --format junti run
meant SEQ-01 rules show seq-1
meant start_without_end rules show start_without_ned
meant SEQ-01 check --rules SEQ-001 run
meant check help chekc
meant show help rules shwo
meant always check --color alway run
unlike xyzzyxyzzy
unlike rules show quux9
unlike dump --event quuxquux run

# capitals and lines do not matter where there is no second name of these letters
for id in ORD-19 ord-19 ord19 ORD19; do
  "$mirrorscope" rules show "$id" > "$id.text"
  must "rules show $id" "$(cmp -s ORD-19.text "$id.text" && echo yes || echo no)"
done
must "rules ORD-19 is rules show ORD-19" "$(cmp -s ORD-19.text <("$mirrorscope" rules ORD-19) && echo yes || echo no)"
finding=$("$mirrorscope" explain run | awk 'NR == 1 { print $1 }')
must "explain finds ${finding,,} as $finding" \
  "$(cmp -s <("$mirrorscope" explain run "$finding") <("$mirrorscope" explain run "${finding,,}") && echo yes || echo no)"

must "help is --help" "$(cmp -s <("$mirrorscope" help) <("$mirrorscope" --help) && echo yes || echo no)"
for command in check record dump help; do
  must "help $command is $command --help" "$(cmp -s <("$mirrorscope" help "$command") <("$mirrorscope" "$command" --help) && echo yes || echo no)"
done
must "help rules show is rules show --help" "$(cmp -s <("$mirrorscope" help rules show) <("$mirrorscope" rules show --help) && echo yes || echo no)"
must "-V is --version" "$(cmp -s <("$mirrorscope" -V) <("$mirrorscope" --version) && echo yes || echo no)"

# `script` gives the program a terminal
escape=$(printf '\033')
colours() { if grep -q "$escape\[[0-9;]*m" <<< "$1"; then echo yes; else echo no; fi; }
on_terminal() { script -qec "$1" /dev/null < /dev/null || true; }
must "a terminal has colours" "$(colours "$(TERM=xterm on_terminal "$mirrorscope check run")")"
must "NO_COLOR takes them away" "$([ "$(colours "$(TERM=xterm NO_COLOR=1 on_terminal "$mirrorscope check run")")" = no ] && echo yes || echo no)"
must "an empty NO_COLOR does not" "$(colours "$(TERM=xterm NO_COLOR= on_terminal "$mirrorscope check run")")"
must "a dumb terminal has none" "$([ "$(colours "$(TERM=dumb on_terminal "$mirrorscope check run")")" = no ] && echo yes || echo no)"
must "--color never takes them away" "$([ "$(colours "$(TERM=xterm on_terminal "$mirrorscope check --color never run")")" = no ] && echo yes || echo no)"
must "a pipe has none" "$([ "$(colours "$("$mirrorscope" check run || true)")" = no ] && echo yes || echo no)"
must "--color always has them in a pipe, whatever NO_COLOR says" "$(colours "$(NO_COLOR=1 "$mirrorscope" check --color always run || true)")"
exit $bad
