#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `sudo mirrorscope record` of a user who is not root: the trace is his, the recorder is no longer root, and what he may not write is refused.
# guest: --smp 1
# kernels: 7.x
. "$(dirname "$0")/words.sh"
"$lab/inside/user.sh" alice
"$lab/inside/user.sh" bob
install -m 755 "$mirrorscope" /usr/local/bin/mirrorscope
home=/home/alice
few=(--probes 'inv_*' --probes 'cb_*' --probes 'sub_*' --probes 'mn_*' --no-stacks) # under emulation a start with all takes a minute

# as USER COMMAND...: what this user types in his home.
as() { (cd "/home/$1" && exec runuser -u "$1" -- env -i HOME="/home/$1" USER="$1" PATH=/usr/local/bin:/usr/bin:/bin "${@:2}"); }
foreign() { find "$1" ! -user alice | wc -l; }
status() { sed -n "s/^$1:\s*//p" "/proc/$recorder/status"; }

# --- a recorder that runs, and a driver that comes later ---
as alice mkdir late
as alice sudo -n mirrorscope record -a "${few[@]}" -o late 2>summary &
sudo=$!
must "it records into a directory that the user made" until_ready $home/late
recorder=$(pgrep -x mirrorscope)
uid=$(id -u alice)
must "while recording it is that user" is "$(status Uid | tr -s '\t' ' ')" "$uid $uid $uid $uid"
must "in his groups" is "$(status Groups | tr -d ' ')" "$(id -G alice)"
must "with CAP_BPF and CAP_PERFMON" is "$(status CapEff) $(status CapPrm) $(status CapInh) $(status CapAmb)" \
    "000000c000000000 000000c000000000 0000000000000000 0000000000000000"
must "which nothing gives back" is "$(status CapBnd) $(status NoNewPrivs)" "0000000000000000 1"
must "and which the user's other programs cannot take" is "$(as alice cat "/proc/$recorder/environ" 2>&1 | grep -c 'Permission denied')" 1
"$lab/inside/rxe.sh"
"$workloads/rdma_churn" --odp --seconds 1 >/dev/null
until_attached 100 "$home/late" rxe_ib_invalidate_range
"$workloads/rdma_churn" --odp --seconds 2 >/dev/null
must "the user ends it without sudo" as alice kill -INT "$recorder"
wait $sudo
must "it records" is $? 0
cat summary
must "a driver that came later was attached to" is \
    "$("$mirrorscope" dump $home/late --event probe_state | grep rxe_ib_invalidate_range | grep -cE 'how=(kprobe|kretprobe|fentry|fexit) ')" 2
must "and has a name" grep -q 'name="rxe_ib_invalidate_range" module="rdma_rxe"' <("$mirrorscope" dump $home/late --event symbol)
must "processes have names" grep -q rdma_churn <("$mirrorscope" dump $home/late --event task_name)
must "all of it is the user's" is "$(foreign $home/late)" 0

# --- what README types ---
as alice sudo -n mirrorscope record "${few[@]}" -o run -- "$workloads/rdma_churn" --odp --seconds 2 >/dev/null 2>summary
must "a command is recorded" is $? 0
as alice mirrorscope check run >/out/check.txt 2>&1
code=$?
must "and judged without sudo (exit $code)" test $code = 0 -o $code = 3
must "all of it is the user's" is "$(foreign $home/run)" 0
as alice sudo -n mirrorscope record "${few[@]}" -o rotated --max-size 256K --max-files 2 -- "$workloads/rdma_churn" --odp --seconds 6 >/dev/null 2>summary
must "segments are begun and deleted" is $? 0
must "as they should" test "$(find $home/rotated -mindepth 1 -type d -name '0*' | wc -l)" -le 2 -a ! -e $home/rotated/0001
must "all of it is the user's" is "$(foreign $home/rotated)" 0
as alice sudo -n mirrorscope record "${few[@]}" -o timed -d 1 -- sleep 1000 2>summary
must "a command that is root's is ended by a recorder that is not" is "$? $(pgrep -cx sleep)" "0 0"
as alice sudo -n mirrorscope record "${few[@]}" --check -d 1 >/dev/null 2>summary
must "it judges while it records, under a name of its own" test $? -ne 2 -a "$(find $home -maxdepth 1 -name 'mirrorscope-2*' -user alice | wc -l)" = 1

# --- what is refused, and how soon ---
refused() { # SENTENCE WORDS OPTION...: in seconds, with exit code 2 and one line that has these words
    local sentence=$1 words=$2 said code began=$SECONDS
    shift 2
    said=$(as alice sudo -n mirrorscope record -a -d 1 "$@" 2>&1)
    code=$?
    echo "$said"
    must "$sentence" test $code = 2 -a "$(wc -l <<<"$said")" = 1 -a $((SECONDS - began)) -lt 30
    must "... and says why" grep -q "$words" <<<"$said"
}
as bob mkdir -m 777 theirs
refused "a directory of another user" "belongs to bob" -o /home/bob/theirs
refused "a place of another user" "Permission denied" -o /home/bob/new
refused "a place of root" "Permission denied.*--owner" -o /root/new
refused "a parent that is not there" "No such file" -o no/run
as alice ln -s late link
refused "a symbolic link" "symbolic link" -o link
refused "a trace that is there" "not empty" -o run
mkdir /mnt/full /mnt/ro
mount -t tmpfs -o size=8k tmpfs /mnt/full && chown alice /mnt/full && head -c 8k /dev/zero >/mnt/full/ballast 2>/dev/null
mount -t tmpfs tmpfs /mnt/ro && chown alice /mnt/ro && mount -o remount,ro /mnt/ro
refused "a full disk" "No space left" -o /mnt/full/run
refused "a read-only disk" "Read-only file system" -o /mnt/ro/run
mkfifo fifo
refused "a hook that is a FIFO" "no regular file" --hook "$PWD/fifo"
refused "a hook that never ends" "no regular file" --hook /dev/zero
refused "an owner that is nobody" "no such user" --owner no-such-user
must "nothing of it is left behind" test ! -e /home/bob/new -a ! -e /root/new -a ! -e /mnt/full/run -a "$(find /home/bob/theirs | wc -l)" = 1
as alice sudo -n mirrorscope record -a -d 1 "${few[@]}" --owner root -o /root/roots 2>summary
must "with --owner root it is root's" is "$? $(stat -c %U /root/roots/about)" "0 root"

# --- a disk that gets full ---
mount -t tmpfs -o size=1200k tmpfs /mnt/full && chown alice /mnt/full
# somebody else takes the room once it records
as alice sudo -n mirrorscope record "${few[@]}" -o /mnt/full/run -- \
    sh -c "head -c 4M /dev/zero >/mnt/full/ballast; exec $workloads/rdma_churn --odp --seconds 3" >/dev/null 2>summary
must "not all could be written: exit 3" is $? 3
cat summary
must "and it says why" grep -q "could not be written" summary
must "by its name" grep -q "No space left on device" summary
as alice mirrorscope check /mnt/full/run >/out/full.txt 2>&1
must "what is there can be judged" test $? -ne 2
