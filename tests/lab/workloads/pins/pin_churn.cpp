// SPDX-License-Identifier: Apache-2.0
// Do pages that the kernel holds for I/O stay what the process takes them for while its address space changes?
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <deque>
#include <thread>

#include "disturb/disturb.h"
#include "kvm/kvm_vm.h"
#include "pins/pin_users.h"

namespace {

using namespace lab;

struct Settings {
  std::uint64_t seconds = 10, threads = 2, disturbers = 2, seed = 1, pace_us = 500, hang_after = 60;
  std::string file, ops = "all";
  bool tap = false, json = false;
};

Settings read_settings(int argc, char** argv) {
  Settings s;
  Cli cli(
      "pin_churn", "I/O straight from and to memory whose page tables change under it",
      "Threads move stamped data with O_DIRECT, io_uring registered buffers, vmsplice and process_vm_readv/writev - "
      "each holds\n"
      "user pages in its own way and for its own time - while other threads change the memory, and verify every word.\n"
      "O_DIRECT wants a file on a real disk, or a block device (its content is overwritten): without --file it is left "
      "out.\n"
      "In a guest whose files are in memory:  truncate -s 64M /tmp/disk; losetup -f --show /tmp/disk\n"
      "This process has no notifier user of its own; --tap adds one, so that invalidations become visible.\n"
      "Examples:\n"
      "  pin_churn --seconds 30 --tap\n"
      "  pin_churn --file /dev/loop0 --ops all,-compact --report json\n\n" +
          disturber_help());
  cli.text("--file", "PATH", "file or block device for O_DIRECT", s.file);
  cli.flag("--tap", "open an empty KVM machine too, so that this process has an mmu notifier", s.tap);
  cli.number("--seconds", "how long", s.seconds);
  cli.number("--threads", "threads that pin, 1 to 16", s.threads);
  cli.number("--disturbers", "threads that change memory", s.disturbers);
  cli.text("--ops", "a,b,c", "disturbers to use, all, none, -name to leave one out (default all; list below)", s.ops);
  cli.number("--pace", "microseconds a disturber sleeps between two changes", s.pace_us);
  cli.number("--seed", "seed of the random choices", s.seed);
  cli.number("--hang-after", "seconds without a step of some thread that count as a hang", s.hang_after);
  cli.report(s.json);
  cli.parse(argc, argv);
  if (s.threads < 1 || s.threads > 16) cannot_run("pin_churn: --threads goes from 1 to 16");
  return s;
}

// Before 6.5 direct I/O took plain references (FOLL_GET): a fork or a swap-out during a read gives the process a copy
// without the data. That is how those kernels are, documented in Documentation/core-api/pin_user_pages.rst, not a
// finding.
bool direct_io_pins() {
  utsname u{};
  int major = 0, minor = 0;
  uname(&u);
  return std::sscanf(u.release, "%d.%d", &major, &minor) == 2 && (major > 6 || (major == 6 && minor >= 5));
}

Problem open_files(const Settings& s, std::size_t size, PinFiles& files) {
  files.buffered = memfd_create("pin_churn", MFD_CLOEXEC);
  if (files.buffered < 0 || ftruncate(files.buffered, off_t(size))) return sys_problem("making a memfd", errno);
  if (s.file.empty()) return {};
  files.direct = open(s.file.c_str(), O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
  if (files.direct < 0) return sys_problem("opening " + s.file + " with O_DIRECT", errno);
  const auto end = lseek(files.direct, 0, SEEK_END);
  if (end < off_t(size) && ftruncate(files.direct, off_t(size)))
    return s.file + " has " + std::to_string(end) + " bytes; " + std::to_string(size) + " are needed";
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const Settings s = read_settings(argc, argv);
  Arena arena;
  for (const auto zone : {Zone::keep, Zone::keep, Zone::guard, Zone::wild})
    if (auto p = arena.add(zone, 2 * huge_size)) cannot_run("pin_churn: " + *p);
  if (auto p = arena.add(Zone::wild, 2 * huge_size, Arena::Backing::memfd)) cannot_run("pin_churn: " + *p);
  for (auto& r : arena.regions())
    stamp_fill(reinterpret_cast<std::uint64_t*>(r.all.at), r.all.len / 8, r.id, 0, Versions{}.lo);
  PinFiles files;
  if (auto p = open_files(s, PinUser::file_size(arena), files)) cannot_run("pin_churn: " + *p);
  KvmVm tap;
  if (s.tap)
    if (auto p = tap.open()) cannot_run("pin_churn: --tap: " + *p);

  Tally tally;
  tally.note("program", "pin_churn");
  tally.note("seconds", std::to_string(s.seconds));
  tally.note("seed", std::to_string(s.seed));
  tally.note("o_direct", files.direct < 0 ? "left out: no --file" : "on");
  std::string ops = s.ops;
  if (files.direct >= 0 && !direct_io_pins()) {
    ops += ",-fork,-pageout";
    tally.note("old_direct_io", "fork and pageout left out: direct I/O does not pin before 6.5");
  }
  Disturbance disturbance;
  if (auto p = disturbance.choose(ops, arena, tally)) cannot_run("pin_churn: " + *p);

  std::atomic<bool> stop{false};
  {
    Watchdog dog(s.hang_after);
    std::deque<PinUser> users;
    for (unsigned i = 0; i < s.threads; i++) {
      auto& beat = dog.watch("pins-" + std::to_string(i));
      auto& u = users.emplace_back(arena, files, tally, i, unsigned(s.threads), rng_for(s.seed, i), beat);
      if (auto p = u.open()) cannot_run("pin_churn: " + *p);
    }
    std::deque<std::thread> threads;
    for (auto& u : users) threads.emplace_back([&] { u.run(stop); });
    disturbance.start(threads, s.disturbers, s.seed, s.pace_us, dog, stop);
    sleep(unsigned(s.seconds));
    stop = true;
    for (auto& t : threads) t.join();
  }
  tally.print(s.json);
  return tally.mismatches() ? exit_wrong : exit_ok;
}
