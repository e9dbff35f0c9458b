// SPDX-License-Identifier: Apache-2.0
// Does a virtual machine still see its memory when the host changes the pages behind it all the time?
#include <linux/kvm.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <thread>

#include "disturb/disturb.h"
#include "kvm/kvm_guest.h"
#include "kvm/kvm_vm.h"

namespace {

using namespace lab;

struct Settings {
  std::uint64_t seconds = 10, disturbers = 2, seed = 1, pace_us = 200, hang_after = 60;
  std::string ops = "all";
  bool json = false;
};

Settings read_settings(int argc, char** argv) {
  Settings s;
  Cli cli("kvm_tap", "a small virtual machine whose memory changes under it",
          "Opens /dev/kvm, runs one vCPU that reads, compares and writes a word of every page of its memory in a loop, "
          "while other\n"
          "threads change that memory on the host's side. KVM is an mmu notifier with start, end and flush (an hlist\n"
          "subscription), so every change is one invalidation and the guest faults the page in again.\n"
          "Examples:\n"
          "  kvm_tap --seconds 30\n"
          "  kvm_tap --ops dontneed --report json     # one kind of change: counts can be compared with a trace\n\n" +
              disturber_help());
  cli.number("--seconds", "how long", s.seconds);
  cli.number("--disturbers", "threads that change memory", s.disturbers);
  cli.text("--ops", "a,b,c", "disturbers to use, all, none, -name to leave one out (default all; list below)", s.ops);
  cli.number("--pace", "microseconds a disturber sleeps between two changes", s.pace_us);
  cli.number("--seed", "seed of the random choices", s.seed);
  cli.number("--hang-after", "seconds without a step of some thread that count as a hang", s.hang_after);
  cli.report(s.json);
  cli.parse(argc, argv);
  return s;
}

std::uint32_t guest_address(const Region& r) { return 0x10000000u + r.id * 0x1000000u; }

class Machine {
 public:
  Machine(Arena& arena, Tally& tally)
      : arena_(arena),
        tally_(tally),
        passes_(tally.at("guest", "passes")),
        faults_(tally.at("guest", "unmapped_access")),
        pages_(tally.at("verify", "pages")) {}
  ~Machine() {
    if (control_) munmap(control_, guest_control_size);
  }

  Problem start();
  // Until it is told to stop, and has finished one pass: an emulated machine may be that slow. Not for longer than that many seconds more.
  void run(Rng rng, Beat& beat, const std::atomic<bool>& stop, std::uint64_t patience);

 private:
  bool step();
  void guest_says_wrong();
  void look_at_some_pages(Rng& rng);
  Arena& arena_;
  Tally& tally_;
  KvmVm vm_;
  GuestControl* control_ = nullptr;
  Counter &passes_, &faults_, &pages_;
};

Problem Machine::start() {
  if (auto p = vm_.open()) return p;
  void* at = mmap(nullptr, guest_control_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return sys_problem("mapping the guest's control page", errno);
  control_ = static_cast<GuestControl*>(at);
  const auto code = guest_code();
  std::memcpy(static_cast<char*>(at) + (guest_code_at - guest_control_at), code.data(), code.size());
  if (auto p = vm_.add_memory(0, guest_control_at, at, guest_control_size)) return p;
  for (auto& r : arena_.regions()) {
    const auto start = guest_address(r);
    control_->ranges[r.id] = {start, start + std::uint32_t(r.all.len), r.zone != Zone::wild};
    if (auto p = vm_.add_memory(r.id + 1u, start, r.all.at, r.all.len)) return p;
  }
  return vm_.add_vcpu(guest_code_at);
}

void Machine::run(Rng rng, Beat& beat, const std::atomic<bool>& stop, std::uint64_t patience) {
  using Clock = std::chrono::steady_clock;
  Watchdog::adopt(beat);
  const auto once = [&] {
    beat.doing("running the guest");
    if (step()) look_at_some_pages(rng);
  };
  while (!stop) once();
  const auto last = Clock::now() + std::chrono::seconds(patience);
  while (passes_ == 0 && Clock::now() < last) once();
  beat.done();
}

// Enters the guest once. true: it has finished a pass and stands still.
bool Machine::step() {
  if (ioctl(vm_.vcpu(), KVM_RUN, 0) < 0) {
    // A hole, or a permission missing for a moment: KVM hands the failed access to us, and it is tried again.
    if (errno == EFAULT || errno == EINTR || errno == EAGAIN) {
      faults_++;
      sched_yield();
      return false;
    }
    std::fprintf(stderr, "kvm_tap: KVM_RUN: %s\n", std::strerror(errno));
    std::_Exit(exit_wrong);
  }
  const auto& state = *vm_.state();
  if (state.exit_reason == KVM_EXIT_IO && state.io.port == port_pass_done) return passes_++, true;
  if (state.exit_reason == KVM_EXIT_IO && state.io.port == port_wrong) return guest_says_wrong(), false;
  if (state.exit_reason == KVM_EXIT_INTR) return false;
  if (state.exit_reason == KVM_EXIT_MMIO) return faults_++, false;
  std::fprintf(stderr, "kvm_tap: the guest stopped with exit reason %u\n", state.exit_reason);
  std::_Exit(exit_wrong);
}

void Machine::guest_says_wrong() {
  kvm_regs regs{};
  ioctl(vm_.vcpu(), KVM_GET_REGS, &regs);
  char text[120];
  std::snprintf(text, sizeof text, "the guest found a wrong word at %#llx in pass %llu", regs.rsi, regs.rax);
  tally_.mismatch(text);
}

// Between two passes the host must see what the guest wrote, in memory whose access is certain.
void Machine::look_at_some_pages(Rng& rng) {
  const auto& r = arena_.regions()[0];
  for (int i = 0; i < 64; i++) {
    const auto page = rng.below(r.all.len / page_size);
    const auto found = __atomic_load_n(reinterpret_cast<std::uint32_t*>(r.all.at + page * page_size), __ATOMIC_RELAXED);
    pages_++;
    if (found == control_->pass) continue;
    char text[120];
    std::snprintf(text, sizeof text, "the host found %u in page %llu after pass %u", found,
                  static_cast<unsigned long long>(page), control_->pass);
    tally_.mismatch(text);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Settings s = read_settings(argc, argv);
  Arena arena;
  for (const auto zone : {Zone::keep, Zone::guard, Zone::wild})
    if (auto p = arena.add(zone, huge_size)) cannot_run("kvm_tap: " + *p);
  if (auto p = arena.add(Zone::wild, huge_size, Arena::Backing::memfd)) cannot_run("kvm_tap: " + *p);
  Tally tally;
  tally.note("program", "kvm_tap");
  tally.note("seconds", std::to_string(s.seconds));
  tally.note("seed", std::to_string(s.seed));
  Machine machine(arena, tally);
  if (auto p = machine.start()) cannot_run("kvm_tap: " + *p);
  Disturbance disturbance;
  if (auto p = disturbance.choose(s.ops, arena, tally)) cannot_run("kvm_tap: " + *p);

  std::atomic<bool> stop{false};
  {
    Watchdog dog(s.hang_after);
    std::deque<std::thread> threads;
    threads.emplace_back([&, &beat = dog.watch("vcpu")] { machine.run(rng_for(s.seed, 0), beat, stop, s.hang_after); });
    disturbance.start(threads, s.disturbers, s.seed, s.pace_us, dog, stop);
    sleep(unsigned(s.seconds));
    stop = true;
    for (auto& t : threads) t.join();
  }
  tally.print(s.json);
  if (tally.at("guest", "passes") == 0) {
    std::fprintf(stderr, "kvm_tap: the guest did not finish one pass\n");
    return exit_wrong;
  }
  return tally.mismatches() ? exit_wrong : exit_ok;
}
