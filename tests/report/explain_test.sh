#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Does explain tell a finding whole, in 80 columns and without colour?
source "$(dirname "$0")/words.sh"
trace driver_bug application_mistake doubt all_well

same explain_driver_bug.txt "$mirrorscope" explain driver_bug SEQ-01/1
same explain_application_mistake.txt "$mirrorscope" explain application_mistake REG-05
exits 0 "$mirrorscope" explain driver_bug SEQ-01/1
narrow out
! grep -q $'\033' out || complain "colour in a pipe"

# whose the processes are, where the trace says it: of the registration, and of who took its pages away
trace whose_mistake
exits 0 "$mirrorscope" explain whose_mistake REG-05
sed -n '/^Whose it is$/,/^$/p' out > whose
narrow whose
diff whose <(cat << 'END'
Whose it is
  mpi_rank (101/101): job 4711, step 0; unit slurmstepd.scope; uid 1000;
  /opt/app/rank; cgroup
  /system.slice/slurmstepd.scope/job_4711/step_0/user/task_0
  task (102/102): not known: it had ended before the recorder could ask

END
) || complain "whose the processes of a finding are"

exits 0 "$mirrorscope" explain driver_bug
[ "$(cut -d' ' -f1 out)" = SEQ-01/1 ] || { complain "the list of findings"; cat out; }
exits 0 "$mirrorscope" explain all_well
[ "$(cat out)" = "no findings" ] || complain "a trace without findings"
exits 2 "$mirrorscope" explain driver_bug SEQ-01/2
[ "$(cat err)" = "mirrorscope explain: there is no finding 'SEQ-01/2'; \`mirrorscope explain driver_bug\` lists them" ] ||
  { complain "a finding that is not there"; cat err; }

# check --explain says the same of each, and the summary
exits 1 "$mirrorscope" check --explain driver_bug
narrow out
sed -n '/^SEQ-01 /,/^---/p' out | sed '$d' | diff -u - <("$mirrorscope" explain driver_bug SEQ-01/1; echo) ||
  complain "check --explain and explain differ"
exit $bad
