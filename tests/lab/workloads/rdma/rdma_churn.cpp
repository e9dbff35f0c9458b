// SPDX-License-Identifier: Apache-2.0
// Does a NIC that mirrors a process's page tables still move the right bytes while they change all the time?
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <thread>

#include "disturb/disturb.h"
#include "kvm/kvm_vm.h"
#include "rdma/rdma_worker.h"

namespace {

using namespace lab;

struct Settings {
  std::uint64_t seconds = 10, threads = 2, disturbers = 2, seed = 1, pace_us = 500, churn_every = 16, hang_after = 60;
  std::string device = "rxe0", ops = "all", strict, gid;
  bool odp = false, pinned = false, tap = false, json = false;
  bool strict_about(const char* defect) const { return strict == defect || strict == "both"; }
};

Settings read_settings(int argc, char** argv) {
  Settings s;
  Cli cli("rdma_churn", "RDMA traffic through memory whose page tables change under it",
          "Threads send READ, WRITE, SEND and ATOMIC operations over loopback through registered memory and verify "
          "every byte,\n"
          "while other threads change that memory. With --odp the NIC mirrors the page tables (interval notifiers, 7.x "
          "kernels);\n"
          "with --pinned the pages are held, and --tap makes the changes visible to mmu notifiers all the same.\n"
          "Errors of the device on memory that had no mapping are right: the queue pair is re-established and they are "
          "counted.\n"
          "Examples:\n"
          "  rdma_churn --odp --seconds 60\n"
          "  rdma_churn --odp --ops fork,collapse,split,migrate --seed 7   # data must survive all of these\n"
          "  rdma_churn --odp --strict dirty --ops pageout                 # shows that 7.2 loses RDMA writes\n"
          "  rdma_churn --pinned --tap --report json\n\n" +
              disturber_help());
  cli.flag("--odp", "on-demand paging registrations", s.odp);
  cli.flag("--pinned", "ordinary, pinned registrations", s.pinned);
  cli.flag("--tap", "open an empty KVM machine too, so that this process has an mmu notifier", s.tap);
  cli.text("--strict", "offset|dirty|both",
           "with --odp: do not allow for these defects of Soft-RoCE (7.2 has both: exit 1)", s.strict);
  cli.number("--seconds", "how long", s.seconds);
  cli.number("--threads", "traffic threads, 1 to 16, each with its own pair of queue pairs", s.threads);
  cli.number("--disturbers", "threads that change memory", s.disturbers);
  cli.text("--ops", "a,b,c", "disturbers to use, or all, or none (default all; list below)", s.ops);
  cli.number("--pace", "microseconds a disturber sleeps between two changes", s.pace_us);
  cli.number("--churn", "one batch in N, and a thread of its own, registers memory anew; 0: never", s.churn_every);
  cli.number("--seed", "seed of the random choices", s.seed);
  cli.text("--device", "NAME", "RDMA device (default rxe0)", s.device);
  cli.text("--gid", "N", "index of the address to use (default: the first RoCE v2 one)", s.gid);
  cli.number("--hang-after", "seconds without a step of some thread that count as a hang", s.hang_after);
  cli.report(s.json);
  cli.parse(argc, argv);
  if (s.odp == s.pinned) cannot_run("rdma_churn: say --odp or --pinned, one of them; --help explains");
  if (!s.strict.empty() && !s.strict_about("offset") && !s.strict_about("dirty"))
    cannot_run("rdma_churn: --strict knows offset, dirty and both, not " + s.strict);
  if (s.threads < 1 || s.threads > most_workers) cannot_run("rdma_churn: --threads goes from 1 to 16");
  return s;
}

// Two defects of Soft-RoCE's on-demand paging, seen on 7.2.12 and in the source of 7.2.13. Without allowing for them
// every run would find just these; --strict finds them.
//
// - offset: __rxe_odp_mr_copy (drivers/infiniband/sw/rxe/rxe_odp.c) copies every packet to or from the start of its
//   page: the offset in the page only shortens the copy, and `addr` never moves on. Data is right only where each
//   packet starts a page.
// - dirty: ib_umem_odp_unmap_dma_pages (drivers/infiniband/core/umem_odp.c) marks a written page dirty only after
//   hmm_dma_unmap_pfn() returned true, which for a device without DMA mapping it never does. A page that came back
//   from swap by a read (writable, clean) loses at the next swap-out what RDMA wrote.
constexpr std::size_t rxe_odp_right_transfer(std::size_t packet) { return packet < page_size ? packet : extent_size; }

Problem lay_out(Arena& arena) {
  constexpr std::size_t local = (local_bytes + huge_size - 1) / huge_size * huge_size, target = 2 * huge_size;
  if (auto p = arena.add(Zone::keep, local)) return p;
  for (const auto zone : {Zone::keep, Zone::keep, Zone::guard, Zone::wild, Zone::wild})
    if (auto p = arena.add(zone, target)) return p;
  return arena.add(Zone::wild, target, Arena::Backing::memfd);
}

void fill(Arena& arena) {
  for (auto& r : arena.regions()) {
    if (r.id == 0) continue;
    constexpr auto first = first_stamped * extent_words;
    stamp_fill(reinterpret_cast<std::uint64_t*>(r.all.at) + first, r.all.len / 8 - first, r.id, first, Versions{}.lo);
  }
}

// Subscriptions that come and go without traffic: registrations of any range, a few of them alive at a time.
void churn_registrations(const RdmaDevice& device, Arena& arena, bool odp, Tally& tally, Rng rng, Beat& beat,
                         const std::atomic<bool>& stop) {
  Watchdog::adopt(beat);
  std::array<ibv_mr*, 8> alive{};
  Counter &registered = tally.at("mr", "registered"), &failed = tally.at("mr", "register_failed");
  Counter& deregistered = tally.at("mr", "deregistered");
  const auto drop = [&](ibv_mr*& mr) {
    if (!mr) return;
    ibv_dereg_mr(mr);
    mr = nullptr;
    deregistered++;
  };
  while (!stop) {
    auto& mr = alive[rng.below(alive.size())];
    beat.doing("deregistering");
    drop(mr);
    const auto& r = arena.regions()[rng.below(arena.regions().size())];
    const auto at = rng.below(r.all.len - page_size);
    const auto len = 1 + rng.below(std::min<std::size_t>(r.all.len - at, 64 * page_size));
    beat.doing("registering");
    mr = device.register_memory(r.all.at + at, len, odp);
    (mr ? registered : failed)++;
    beat.doing("between two registrations");
    usleep(2000);
  }
  for (auto& mr : alive) drop(mr);
  beat.done();
}

}  // namespace

int main(int argc, char** argv) {
  const Settings s = read_settings(argc, argv);
  RdmaDevice device;
  if (auto p = device.open(s.device, s.gid.empty() ? -1 : std::atoi(s.gid.c_str()), s.odp))
    cannot_run("rdma_churn: " + *p);
  Arena arena;
  if (auto p = lay_out(arena)) cannot_run("rdma_churn: " + *p);
  fill(arena);
  KvmVm tap;
  if (s.tap)
    if (auto p = tap.open()) cannot_run("rdma_churn: --tap: " + *p);

  Tally tally;
  tally.note("program", "rdma_churn");
  tally.note("mode", s.odp ? "odp" : "pinned");
  tally.note("seconds", std::to_string(s.seconds));
  tally.note("seed", std::to_string(s.seed));
  const auto transfer =
      s.odp && !s.strict_about("offset") ? rxe_odp_right_transfer(device.packet_bytes()) : extent_size;
  tally.note("transfer", std::to_string(transfer) + " bytes in packets of " + std::to_string(device.packet_bytes()));
  Traffic traffic{device, arena, {}, tally, s.odp, unsigned(s.threads), unsigned(s.churn_every), transfer};
  for (auto& r : arena.regions()) {
    auto* mr = device.register_memory(r.all.at, r.all.len, s.odp);
    if (!mr) cannot_run("rdma_churn: " + *sys_problem("registering memory (ulimit -l unlimited?)", errno));
    traffic.standing.push_back(mr);
  }
  Disturbance disturbance;
  if (s.odp && !s.strict_about("dirty")) disturbance.keep_to("pageout", Zone::wild);
  if (auto p = disturbance.choose(s.ops, arena, tally)) cannot_run("rdma_churn: " + *p);

  std::atomic<bool> stop{false};
  {
    Watchdog dog(s.hang_after);
    std::deque<RdmaWorker> workers;
    for (unsigned i = 0; i < s.threads; i++) {
      auto& w = workers.emplace_back(traffic, i, rng_for(s.seed, i), dog.watch("traffic-" + std::to_string(i)));
      if (auto p = w.open()) cannot_run("rdma_churn: " + *p);
    }
    std::deque<std::thread> threads;
    for (auto& w : workers) threads.emplace_back([&] { w.run(stop); });
    disturbance.start(threads, s.disturbers, s.seed, s.pace_us, dog, stop);
    if (s.churn_every)
      threads.emplace_back([&, &beat = dog.watch("registrar")] {
        churn_registrations(device, arena, s.odp, tally, rng_for(s.seed, 200), beat, stop);
      });
    sleep(unsigned(s.seconds));
    stop = true;
    for (auto& t : threads) t.join();
    for (auto& w : workers) w.final_sweep();
  }
  for (auto* mr : traffic.standing) ibv_dereg_mr(mr);

  tally.print(s.json);
  if (tally.at("rdma", "completions") == 0) {
    std::fprintf(stderr, "rdma_churn: not one operation completed\n");
    return exit_wrong;
  }
  return tally.mismatches() ? exit_wrong : exit_ok;
}
