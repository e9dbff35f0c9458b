// SPDX-License-Identifier: Apache-2.0
// Does a checker notice each way in which a registration cache of user space can be wrong, and nothing when it is right?
#include <sys/mman.h>
#include <time.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include "cli.h"
#include "rdma/reg_cache.h"

namespace {

using namespace lab;

constexpr std::size_t bytes = 4 * 4096;

struct Settings {
  std::uint64_t rounds = 20, hits = 3;
  std::string defect = "none", device = "rxe0";
  bool time = false;
  bool has(const char* name) const { return defect == name; }
};

Settings read_settings(int argc, char** argv) {
  Settings s;
  Cli cli("ucache_lab", "a registration cache over RDMA, right or wrong in one way",
          "Each round maps a buffer, transfers into it through the cache, gives it away, maps other memory at the same address and\n"
          "transfers there. Defects:\n"
          "  none             the hook tells the cache before every munmap\n"
          "  discard          no hook: the pages are given up by madvise(), and the region is found again\n"
          "  remap            no hook: the buffer is moved away by mremap(), and the region is found again\n"
          "  stale_hit        no hook: the region is found again, and the device writes to memory that nobody reads\n"
          "  not_told         no hook, but the region is evicted before anybody finds it\n"
          "  freed_in_use     the hook deregisters what is in use\n"
          "  dereg_after_free the hook tells the cache when the address is other memory already\n"
          "  double_layer     two caches register the same buffer\n"
          "  leak             the cache ends and leaves its registrations\n");
  cli.text("--defect", "NAME", "one of those (default none)", s.defect);
  cli.number("--rounds", "how many", s.rounds);
  cli.number("--hits", "transfers through each registration", s.hits);
  cli.flag("--time", "only get and put, and say what a pair of them takes", s.time);
  cli.text("--device", "NAME", "RDMA device (default rxe0)", s.device);
  cli.parse(argc, argv);
  return s;
}

class Lab {
 public:
  explicit Lab(const Settings& s) : s_(s) {
    if (auto problem = device_.open(s.device, -1, false)) cannot_run("ucache_lab: " + *problem);
    if (auto problem = link_.create()) cannot_run("ucache_lab: " + *problem);
    cache_ = std::make_unique<RegCache>(device_, s.has("freed_in_use"));
    source_ = map(nullptr);
    std::memset(source_, 0x5a, bytes);
    source_mr_ = device_.register_memory(source_, bytes, false);
    if (!source_mr_) cannot_run("ucache_lab: " + *sys_problem("registering memory", errno));
  }
  ~Lab() { ibv_dereg_mr(source_mr_); }

  // False: the bytes did not arrive where the process looks for them.
  bool round() {
    char* buffer = map(nullptr);
    bool good = use(buffer, *cache_);
    if (s_.has("double_layer")) {
      RegCache above(device_);
      good &= use(buffer, above);
      above.shrink();
    }
    CachedMr* kept = s_.has("freed_in_use") ? cache_->get(buffer, bytes) : nullptr;
    give_away(buffer);
    if (kept) cache_->put(kept);
    good &= use(buffer, *cache_);
    cache_->forget(buffer, bytes);
    munmap(buffer, bytes);
    return good;
  }

  void end() {
    CachedMr* last = cache_->get(map(nullptr), bytes);
    if (s_.has("leak"))
      cache_->leave_everything();
    else if (last)
      cache_->put(last);
    cache_.reset();
  }

  // What a pair takes of this thread's CPU time, in which uprobes run, and what goes by meanwhile, in which a recorder may work.
  struct Pair {
    long long cpu, wall;
  };
  Pair pair_ns() {
    constexpr int pairs = 20000;
    char* buffer = map(nullptr);
    cache_->put(cache_->get(buffer, bytes));
    const long long cpu = now(CLOCK_THREAD_CPUTIME_ID), wall = now(CLOCK_MONOTONIC);
    for (int i = 0; i < pairs; ++i) cache_->put(cache_->get(buffer, bytes));
    const long long cpu_after = now(CLOCK_THREAD_CPUTIME_ID), wall_after = now(CLOCK_MONOTONIC);
    return {(cpu_after - cpu) / pairs, (wall_after - wall) / pairs};
  }

 private:
  static long long now(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return t.tv_sec * 1'000'000'000ll + t.tv_nsec;
  }

  static char* map(char* at) {
    void* got = mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE | (at ? MAP_FIXED_NOREPLACE : 0), -1, 0);
    if (got == MAP_FAILED) cannot_run("ucache_lab: " + *sys_problem("mmap", errno));
    return static_cast<char*>(got);
  }

  // From here on the address is other memory.
  void give_away(char* buffer) {
    if (s_.has("discard")) {
      madvise(buffer, bytes, MADV_DONTNEED);
      return;
    }
    if (s_.has("remap")) {
      void* elsewhere = mremap(buffer, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, map(nullptr));
      munmap(elsewhere, bytes);
      map(buffer);
      return;
    }
    const bool hooked = !s_.has("stale_hit") && !s_.has("not_told") && !s_.has("dereg_after_free");
    if (hooked) cache_->forget(buffer, bytes);
    munmap(buffer, bytes);
    map(buffer);
    if (s_.has("not_told")) cache_->shrink();
    if (s_.has("dereg_after_free")) cache_->forget(buffer, bytes);
  }

  bool use(char* buffer, RegCache& cache) {
    bool good = true;
    for (std::uint64_t i = 0; i < s_.hits; ++i) {
      CachedMr* region = cache.get(buffer, bytes);
      if (!region) cannot_run("ucache_lab: " + *sys_problem("registering memory", errno));
      std::memset(buffer, 0, bytes);
      transfer(buffer, region->mr->rkey);
      cache.put(region);
      good &= !std::memcmp(buffer, source_, bytes);
    }
    return good;
  }

  void transfer(char* to, std::uint32_t rkey) {
    ibv_sge from{reinterpret_cast<std::uintptr_t>(source_), std::uint32_t(bytes), source_mr_->lkey};
    ibv_send_wr wr{}, *bad = nullptr;
    wr.sg_list = &from;
    wr.num_sge = 1;
    wr.opcode = IBV_WR_RDMA_WRITE;
    wr.send_flags = IBV_SEND_SIGNALED;
    wr.wr.rdma.remote_addr = reinterpret_cast<std::uintptr_t>(to);
    wr.wr.rdma.rkey = rkey;
    if (ibv_post_send(link_.requester(), &wr, &bad)) cannot_run("ucache_lab: the device takes no work");
    ibv_wc done{};
    while (link_.wait(&done, 1, 10000) == 0) {
    }
    if (done.status != IBV_WC_SUCCESS) cannot_run(std::string("ucache_lab: a transfer failed: ") + ibv_wc_status_str(done.status));
  }

  const Settings& s_;
  RdmaDevice device_;
  Loopback link_{device_};
  std::unique_ptr<RegCache> cache_;
  char* source_ = nullptr;
  ibv_mr* source_mr_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  const Settings s = read_settings(argc, argv);
  std::uint64_t wrong = 0;
  Lab lab(s);
  if (s.time) {
    const auto [cpu, wall] = lab.pair_ns();
    std::printf("a get and a put, ns of CPU time and of wall time: %lld %lld\n", cpu, wall);
  } else {
    for (std::uint64_t i = 0; i < s.rounds; ++i) wrong += !lab.round();
    std::printf("%s: %llu rounds, in %llu the data did not arrive\n", s.defect.c_str(), static_cast<unsigned long long>(s.rounds),
                static_cast<unsigned long long>(wrong));
  }
  lab.end();
  return exit_ok;
}
