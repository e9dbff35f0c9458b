// SPDX-License-Identifier: Apache-2.0
// Who gets killed: a process with much memory that devices mirror, busy until its last moment?
#include "disturb/reap_victim.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <deque>
#include <thread>
#include <vector>

#include "kvm/kvm_vm.h"
#include "rdma/verbs.h"
#include "rng.h"

namespace lab {

namespace {

constexpr std::size_t chunk = 16u << 20, block = 4096;

struct Victim {
  const VictimSettings& settings;
  int ready_fd;
  std::uint8_t* memory;
  std::size_t size;
  RdmaDevice device;
  std::vector<ibv_mr*> mrs;  // one per chunk
  std::atomic<bool> said_ready{false};

  [[noreturn]] void give_up(const std::string& sentence) const {
    if (write(ready_fd, sentence.data(), sentence.size()) < 0) _exit(1);
    _exit(2);
  }
  void ready() {
    if (!said_ready.exchange(true) && write(ready_fd, ".", 1) < 0) _exit(1);
  }
};

// Data does not matter here: what matters is that translations of all of it are in use when the process dies.
void traffic(Victim& v, Rng rng) {
  Loopback link(v.device);
  if (auto p = link.create()) v.give_up(*p);
  constexpr int depth = 8;
  for (;;) {
    int waiting = 0;
    for (int i = 0; i < depth; i++) {
      const auto* remote = v.mrs[rng.below(v.mrs.size())];
      const auto* local = v.mrs[rng.below(v.mrs.size())];
      const auto place = [&](const ibv_mr* mr) {
        return std::uint64_t(mr->addr) + rng.below(mr->length / block) * block;
      };
      ibv_sge sge{place(local), block, local->lkey};
      ibv_send_wr wr{}, *bad = nullptr;
      wr.sg_list = &sge;
      wr.num_sge = 1;
      wr.opcode = rng.one_in(2) ? IBV_WR_RDMA_READ : IBV_WR_RDMA_WRITE;
      wr.send_flags = IBV_SEND_SIGNALED;
      wr.wr.rdma.remote_addr = place(remote);
      wr.wr.rdma.rkey = remote->rkey;
      if (!ibv_post_send(link.requester(), &wr, &bad)) waiting++;
    }
    while (waiting > 0) {
      ibv_wc wcs[depth];
      const int n = link.wait(wcs, depth, 1000);
      const bool failed = n < 0 || std::any_of(wcs, wcs + std::max(n, 0), [](auto& wc) { return wc.status; });
      if (failed && link.recover()) v.give_up("the queue pairs did not recover");
      if (failed) break;
      waiting -= n;
    }
    v.ready();
  }
}

// Without RDMA the memory is only kept in use by the CPU, beside KVM's subscription.
void touch_all(Victim& v) {
  for (;;) {
    for (std::size_t at = 0; at < v.size; at += block) __atomic_fetch_add(v.memory + at, 1, __ATOMIC_RELAXED);
    v.ready();
  }
}

}  // namespace

void be_victim(const VictimSettings& settings, int ready_fd) {
  static KvmVm vm;
  const std::size_t size = std::max<std::size_t>(chunk, settings.megabytes << 20) / chunk * chunk;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  static Victim v{settings, ready_fd, static_cast<std::uint8_t*>(memory), size, {}, {}, {}};
  if (memory == MAP_FAILED) v.give_up(*sys_problem("mapping the memory", errno));
  // The reaper works through VMAs page table by page table: small pages keep it busy, huge ones are over at once. Half
  // each.
  madvise(memory, size / 2, MADV_NOHUGEPAGE);
  madvise(v.memory + size / 2, size / 2, MADV_HUGEPAGE);
  if (madvise(memory, size, MADV_POPULATE_WRITE)) v.give_up(*sys_problem("filling the memory", errno));
  if (settings.kvm) {
    if (auto p = vm.open()) v.give_up(*p);
    if (auto p = vm.add_memory(0, 0x100000, memory, size)) v.give_up(*p);
  }
  const bool rdma = settings.odp || settings.pinned;
  if (rdma) {
    if (auto p = v.device.open(settings.device, -1, settings.odp)) v.give_up(*p);
    for (std::size_t at = 0; at < size; at += chunk) {
      v.mrs.push_back(v.device.register_memory(v.memory + at, chunk, settings.odp));
      if (!v.mrs.back()) v.give_up(*sys_problem("registering memory (ulimit -l unlimited?)", errno));
    }
  }
  std::deque<std::thread> threads;
  for (unsigned i = 0; rdma && i < settings.threads; i++)
    threads.emplace_back(traffic, std::ref(v), rng_for(settings.seed, i));
  if (!rdma) touch_all(v);
  for (;;) pause();
}

}  // namespace lab
