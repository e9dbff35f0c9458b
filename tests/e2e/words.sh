# SPDX-License-Identifier: Apache-2.0
# The words that the tests here are written in. Sourced; ends the test with 1 if a `must` was not kept.
set -uo pipefail
mirrorscope=$BUILD/cli/mirrorscope
workloads=$BUILD/tests/lab/workloads
lab=$PWD/tests/lab
bad=0
trap '[ $bad = 0 ] || exit 1' EXIT
# an empty directory: the guest sees the /tmp of the machine below it, and what somebody left there
cd "$(mktemp -d)" && chmod 1777 . || exit 1

# must SENTENCE COMMAND...: the command must succeed.
must() {
    local sentence=$1
    shift
    if "$@"; then echo "ok: $sentence"; else echo "NOT OK: $sentence (${*:0:6})"; bad=1; fi
}
# is A B: the same text or number.
is() { [ "$1" = "$2" ]; }
# How many records of an event are in a trace.
count() { "$mirrorscope" dump "$1" --event "$2" | wc -l; }
# The sum of one field over all records of an event: sum TRACE EVENT FIELD [GREP-PATTERN]
sum() { "$mirrorscope" dump "$1" --event "$2" | grep -E "${4:-.}" | sed -n "s/.* $3=\([0-9]*\).*/\1/p" | awk '{ s += $1 } END { print s + 0 }'; }
# No rule is violated, but for smells; what is, is said first: only_smells TEXT-OF-CHECK
only_smells() {
    local worse
    worse=$(grep '^violated' "$1" | grep -v '(smell)')
    must "it is judged" grep -qE '^[0-9,]+ violated.*, [0-9,]+ hold' "$1"
    must "no rule is violated, but for smells: ${worse:-none is}" test -z "$worse"
    awk '/^[^ ]/ { on = /^violated/ && !/\(smell\)/ } on' "$1" | head -60 | sed 's/^/    /'
}
# Leaves a trace for whoever looks into a failure.
keep() { cp -r "$1" /out/; }
# The value of a field of the only record of an event.
field() { "$mirrorscope" dump "$1" --event "$2" | sed -n "s/.* $3=\([^ ]*\).*/\1/p"; }
# until_true TIMES PAUSE COMMAND...: tries it so often until it succeeds, with a pause of so many seconds behind each time.
until_true() {
    local times=$1 pause=$2
    shift 2
    for _ in $(seq "$times"); do
        "$@" && return 0
        sleep "$pause"
    done
    return 1
}
# Waits until a recorder in the background records: its trace has a `ready` record.
records() { [ -e "$1/about" ] && [ "$(count "$1" ready 2>/dev/null)" = 1 ]; }
until_ready() { until_true 600 0.2 records "$1"; }
# Waits until a recorder has attached to a function: until_attached TIMES TRACE FUNCTION
attached() { grep -q "$2" <<<"$("$mirrorscope" dump "$1" --event probe_state 2>/dev/null)"; }
until_attached() { until_true "$1" 0.4 attached "$2" "$3"; }
