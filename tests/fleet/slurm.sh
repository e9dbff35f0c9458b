#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A cluster of Slurm on this machine: Debian's slurmctld and two slurmd, n1 and n2, without munge. Sourced; $work is a directory of the caller.
#
# Each slurmd is the first process of a PID namespace of its own: who ends it ends all that runs on the node, as when a machine is lost.
slurm_there() { command -v slurmctld > /dev/null && command -v slurmd > /dev/null && [ "$(id -u)" = 0 ] && unshare --pid --fork true 2> /dev/null; }

# slurm_up [LINE OF slurm.conf]...: $slurm_cpus is the number of CPUs of a node, 1 if it is not set
slurm_up() {
  local name port
  slurm=$work/slurm name=$(hostname -s)
  # ports of this run alone: other runs may be there, and 6817 is what a real one has
  port=$((20000 + $$ % 20000))
  mkdir -p "$slurm/state" "$slurm/n1" "$slurm/n2"
  cat > "$slurm/slurm.conf" <<END
ClusterName=mirrorscope
SlurmctldHost=$name(127.0.0.1)
SlurmctldPort=$port
SlurmUser=root
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=5
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/%n
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/%n.pid
SlurmctldLogFile=$slurm/slurmctld.log
SlurmdLogFile=$slurm/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
JobAcctGatherParams=OverMemoryKill
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000
ReturnToService=2
SlurmdTimeout=6
InactiveLimit=0
MinJobAge=3600
KillWait=2
DefMemPerNode=500
NodeName=n1,n2 NodeAddr=127.0.0.1 NodeHostname=$name Port=$((port + 1)),$((port + 2)) CPUs=${slurm_cpus:-1} RealMemory=600 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
  printf '%s\n' "$@" >> "$slurm/slurm.conf"
  export SLURM_CONF=$slurm/slurm.conf
  slurmctld -D > "$slurm/slurmctld.out" 2>&1 &
  slurmctld_pid=$!
  node_up n1
  node_up n2
  slurm_wait 30 'n1 and n2 are idle' nodes_are 'n1 idle' 'n2 idle'
}
node_up() { # NODE
  unshare --pid --fork --mount-proc --kill-child slurmd -D -N "$1" > "$slurm/$1.out" 2>&1 &
  eval "${1}_pid=$!"
}
# As if somebody had pulled the plug.
node_lost() { # NODE
  local pid=${1}_pid
  kill -9 "${!pid}" 2> /dev/null || true
  wait "${!pid}" 2> /dev/null || true
}
slurm_down() {
  [ -n "${slurm:-}" ] || return 0
  node_lost n1
  node_lost n2
  kill "$slurmctld_pid" 2> /dev/null || true
  wait "$slurmctld_pid" 2> /dev/null || true
}
nodes_are() { [ "$(sinfo -N -h -o '%N %T' | sed 's/\*$//' | sort | paste -sd,)" = "$(printf '%s\n' "$@" | paste -sd,)" ]; }
# slurm_wait SECONDS WHAT COMMAND...
slurm_wait() {
  local seconds=$1 what=$2 end
  shift 2
  end=$((SECONDS + seconds))
  until "$@" > /dev/null 2>&1; do
    if [ "$SECONDS" -ge "$end" ]; then
      echo "NOT OK: $what, within $seconds s"
      { sinfo -N -l; squeue; tail -n 15 "$slurm"/*.log; } 2>&1 | cut -c1-200
      exit 1
    fi
    sleep 0.2
  done
}
job_state() { scontrol -o show job "$1" | sed -n 's/.* JobState=\([A-Z_]*\).*/\1/p' | sort -u | paste -sd,; }
job_has_ended() { ! scontrol -o show job "$1" | grep -E 'JobState=(PENDING|RUNNING|COMPLETING|CONFIGURING|SUSPENDED|REQUEUED)' > /dev/null; }
