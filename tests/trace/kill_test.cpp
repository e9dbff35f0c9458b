// SPDX-License-Identifier: Apache-2.0
// A recorder that is killed leaves a trace that both readers read, whatever it was doing.
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "vocabulary.h"

namespace mirrorscope::trace {
namespace {

class Killed : public TraceTest {
 protected:
  // The trace after the kill: whole packets, a prefix of what each CPU recorded, the same for babeltrace2.
  void expect_prefix() {
    const Outcome o = read();
    ASSERT_EQ(o.error, "");
    EXPECT_EQ(o.damages(), "");
    EXPECT_EQ(o.accounted, bytes_on_disk());
    for (const auto& [cpu, list] : o.raw)
      for (uint32_t i = 0; i < list.size(); i++) ASSERT_EQ(list[i].header().seq, i) << "cpu " << cpu;
    survived = o.records();
    const auto b = babeltrace(path);
    if (!b) return;
    EXPECT_EQ(b->exit_code, 0) << b->complaints;
    EXPECT_EQ(b->events, survived);
  }
  size_t survived = 0;
};

// Writes as fast as it can, forever; now and then says how many records are certainly on disk.
[[noreturn]] void record_forever(const std::filesystem::path& path, WriterOptions options, int progress) {
  auto writer = Writer::create(path, somewhere(), options);
  if (!writer) _exit(1);
  std::vector<std::byte> batch;
  uint64_t time = 1'000'000;
  uint64_t total = 0;
  for (uint32_t seq = 0;; seq += 200) {
    for (uint16_t cpu = 0; cpu < 2; cpu++) {
      batch.clear();
      for (uint32_t i = 0; i < 200; i++) {
        const AnyRecord r = record_of(EV_cb_ret, cpu, seq + i, ++time);
        batch.insert(batch.end(), r.bytes.begin(), r.bytes.begin() + static_cast<long>(r.size()));
      }
      if (!writer->append(cpu, reinterpret_cast<const ev_header*>(batch.data()), batch.size())) _exit(2);
      total += 200;
    }
    if (seq % 1000 != 0) continue;
    if (!writer->flush() || write(progress, &total, sizeof total) != sizeof total) _exit(3);
  }
}

TEST_F(Killed, FiftyTimesAtRandom) {
  std::mt19937 random(std::random_device{}());
  for (int round = 0; round < 50; round++) {
    SCOPED_TRACE(round);
    int progress[2];
    ASSERT_EQ(pipe(progress), 0);
    const pid_t child = fork();
    if (child == 0) {
      close(progress[0]);
      record_forever(path, {.packet_bytes = 256 * 1024, .segment_bytes = round % 2 == 0 ? 0u : 3'000'000u},
                     progress[1]);
    }
    close(progress[1]);
    uint64_t certain = 0, next = 0;
    const bool began = ::read(progress[0], &next, sizeof next) == sizeof next;
    usleep(static_cast<useconds_t>(random() % 20000));
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(began && WIFSIGNALED(status));
    do certain = next;
    while (::read(progress[0], &next, sizeof next) == sizeof next);
    close(progress[0]);

    expect_prefix();
    EXPECT_GE(survived, certain) << "what was flushed is on disk";
    if (HasFailure()) return;
    std::filesystem::remove_all(path);
  }
}

#ifdef __x86_64__
// Lets the child run up to its n-th system call that can change a file, then kills it: in front of the call if cut < 0,
// else inside it, a pwrite then having written `cut` pages and no more. False if the child ended before.
bool kill_at_call(pid_t child, int n, int cut) {
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) return false;  // its SIGSTOP
  ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
  for (bool entry = true;; entry = !entry) {
    ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
    if (waitpid(child, &status, 0) != child || WIFEXITED(status)) return false;
    user_regs_struct regs{};
    ptrace(PTRACE_GETREGS, child, nullptr, &regs);
    const bool counts = regs.orig_rax == 18 || regs.orig_rax == 296 || regs.orig_rax == 77 || regs.orig_rax == 257 ||
                        regs.orig_rax == 258 || regs.orig_rax == 316 ||
                        regs.orig_rax == 1;  // pwrite64 pwritev ftruncate openat mkdirat renameat2 write
    if (!entry || !counts || n-- > 0) continue;
    if (cut >= 0) {
      if (regs.orig_rax != 18 || regs.rdx <= static_cast<unsigned>(cut) * 4096) cut = -2;  // nothing to cut here
      regs.rdx = static_cast<unsigned>(cut) * 4096;
      if (cut > 0) {
        ptrace(PTRACE_SETREGS, child, nullptr, &regs);
        ptrace(PTRACE_SYSCALL, child, nullptr, nullptr);
        waitpid(child, &status, 0);
      }
    }
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return true;
  }
}

TEST_F(Killed, AtEverySystemCallAndInsideEveryGrowingWrite) {
  int kills = 0;
  for (int cut : {-1, 1, 7}) {
    for (int n = 0;; n++) {
      SCOPED_TRACE("call " + std::to_string(n) + " cut " + std::to_string(cut));
      std::filesystem::remove_all(path);
      const pid_t child = fork();
      if (child == 0) {
        if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(3);
        raise(SIGSTOP);
        auto w = Writer::create(path, somewhere(), {.packet_bytes = 16384});
        for (uint32_t seq = 0; seq < 700; seq++) {
          const AnyRecord r = record_of(EV_cb_ret, 0, seq, 1'000'000 + seq);
          if (!w || !w->append(0, &r.header(), r.size())) _exit(1);
        }
        if (!w->close()) _exit(2);
        _exit(0);
      }
      if (!kill_at_call(child, n, cut)) break;
      kills++;
      if (std::filesystem::exists(path / "metadata"))
        expect_prefix();
      else
        EXPECT_EQ(read().records(), 0u);
      if (HasFailure()) return;
    }
  }
  if (kills == 0) GTEST_SKIP() << "needs ptrace";
  EXPECT_EQ(survived, 700u) << "the last one was killed after its last packet";
  EXPECT_GT(kills, 30);
}
#endif

}  // namespace
}  // namespace mirrorscope::trace
