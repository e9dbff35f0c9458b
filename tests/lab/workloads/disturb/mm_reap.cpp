// SPDX-License-Identifier: Apache-2.0
// What happens to notifier users when the reaper takes the memory of a dying process and may not wait for them?
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "cli.h"
#include "disturb/reap_victim.h"
#include "rng.h"
#include "tally.h"

#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif

namespace {

using namespace lab;

struct Settings {
  VictimSettings victim;
  std::uint64_t rounds = 10, hang_after = 60;
  bool json = false;
};

Settings read_settings(int argc, char** argv) {
  Settings s;
  Cli cli("mm_reap", "kills a process and takes its memory at once, with notifier users still subscribed",
          "Each round starts a process whose memory is mirrored (--odp, --kvm) or pinned (--pinned), kills it with "
          "SIGKILL while\n"
          "traffic runs and calls process_mrelease() on it, which does what the OOM reaper does: invalidations that "
          "must not\n"
          "block. A user that would have to wait (every ODP region) refuses with -EAGAIN, process_mrelease() says "
          "EAGAIN, and\n"
          "the memory goes later, when the process has exited. KVM and pins do not refuse.\n"
          "Run as root: only then can the killer make sure that its victim does not exit by itself first.\n"
          "Examples:\n"
          "  mm_reap --odp --rounds 20\n"
          "  mm_reap --kvm --mb 512 --report json");
  cli.flag("--odp", "the victim has on-demand paging registrations and traffic", s.victim.odp);
  cli.flag("--pinned", "the victim has pinned registrations and traffic", s.victim.pinned);
  cli.flag("--kvm", "the victim is a virtual machine (alone, or beside --odp or --pinned)", s.victim.kvm);
  cli.number("--rounds", "how many processes", s.rounds);
  cli.number("--mb", "memory of each, in MiB", s.victim.megabytes);
  cli.number("--threads", "traffic threads of each", s.victim.threads);
  cli.number("--seed", "seed of the random choices", s.victim.seed);
  cli.text("--device", "NAME", "RDMA device (default rxe0)", s.victim.device);
  cli.number("--hang-after", "seconds until a victim that does not start or does not die counts as a hang",
             s.hang_after);
  cli.report(s.json);
  cli.parse(argc, argv);
  if (s.victim.odp && s.victim.pinned) cannot_run("mm_reap: --odp or --pinned, not both");
  if (!s.victim.odp && !s.victim.pinned && !s.victim.kvm)
    cannot_run("mm_reap: say --odp, --pinned or --kvm; --help explains");
  return s;
}

bool readable_within(int fd, std::uint64_t seconds) {
  pollfd p{fd, POLLIN, 0};
  return poll(&p, 1, int(seconds * 1000)) > 0;
}

[[noreturn]] void hang(const char* what) {
  std::fprintf(stderr, "mm_reap: hang: %s\n", what);
  std::_Exit(exit_wrong);
}

pid_t start_victim(const Settings& s, std::uint64_t round) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC)) cannot_run("mm_reap: " + *sys_problem("making a pipe", errno));
  const pid_t pid = fork();
  if (pid < 0) cannot_run("mm_reap: " + *sys_problem("starting a victim", errno));
  if (pid == 0) {
    auto settings = s.victim;
    settings.seed += round;
    close(ready[0]);
    be_victim(settings, ready[1]);
  }
  close(ready[1]);
  if (!readable_within(ready[0], s.hang_after)) hang("the victim did not become ready");
  char answer[300];
  const auto n = read(ready[0], answer, sizeof answer);
  close(ready[0]);
  if (n == 1 && answer[0] == '.') return pid;
  cannot_run("mm_reap: the victim could not start: " + (n > 0 ? std::string(answer, std::size_t(n)) : "it died"));
}

// On one CPU with real-time priority nothing of the victim runs between the kill and the reaping.
void go_first(bool first) {
  sched_param p{};
  p.sched_priority = first ? 10 : 0;
  sched_setscheduler(0, first ? SCHED_FIFO : SCHED_OTHER, &p);
}

void stay_on_one_cpu() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(0, &one);
  sched_setaffinity(0, sizeof one, &one);
}

void reap(int pidfd, Tally& tally) {
  constexpr int urgent = 3, tries = 40;
  go_first(true);
  syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  for (int i = 0; i < tries; i++) {
    const int err = syscall(SYS_process_mrelease, pidfd, 0) ? errno : 0;
    tally.at("process_mrelease", err ? strerrorname_np(err) : "done")++;
    if (err != EAGAIN && err != EINTR) break;
    if (i + 1 < urgent) continue;
    go_first(false);
    usleep(2000);
  }
  go_first(false);
}

}  // namespace

int main(int argc, char** argv) {
  const Settings s = read_settings(argc, argv);
  Tally tally;
  tally.note("program", "mm_reap");
  const std::string memory = s.victim.odp ? "odp" : s.victim.pinned ? "pinned" : "plain";
  tally.note("victim", memory + (s.victim.kvm ? " + kvm" : ""));
  tally.note("rounds", std::to_string(s.rounds));
  for (const char* name : {"done", "EAGAIN", "ESRCH"}) tally.at("process_mrelease", name);
  auto rng = rng_for(s.victim.seed, 0);
  stay_on_one_cpu();  // the victims inherit it
  for (std::uint64_t round = 0; round < s.rounds; round++) {
    const pid_t pid = start_victim(s, round);
    const int pidfd = int(syscall(SYS_pidfd_open, pid, 0));
    if (pidfd < 0) cannot_run("mm_reap: " + *sys_problem("pidfd_open", errno));
    usleep(useconds_t(20000 + rng.below(200000)));
    reap(pidfd, tally);
    if (!readable_within(pidfd, s.hang_after)) hang("the victim does not die");
    int status = 0;
    waitpid(pid, &status, 0);
    close(pidfd);
    tally.at("victims", WIFSIGNALED(status) ? "killed" : "ended_by_themselves")++;
  }
  tally.print(s.json);
  if (s.victim.odp && tally.at("process_mrelease", "EAGAIN") == 0)
    std::fprintf(stderr, "mm_reap: nobody refused: the victims had exited before they could be reaped (not root?)\n");
  return exit_ok;
}
