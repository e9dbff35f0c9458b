// SPDX-License-Identifier: Apache-2.0
// What the device uses lies beside memory that it does not use, at every distance that a notifier's width can make a difference for.
#include "driver-model/kernel/client/neighbours.h"

#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "driver-model/kernel/client/memory.h"

namespace mirrorscope::device {
namespace {

constexpr size_t kPages = 16, kUsed = 8;  // of a buffer; the device uses the first ones
constexpr uintptr_t kMega = uintptr_t{1} << 20;
constexpr size_t kThreads = 2, kSites = 2;  // threads that change memory, and sites of each

// One buffer that the device uses, and its neighbours: in the same 2 MB, in the same 512 MB, in the same GB. Each is a VMA of its own.
struct Site {
  explicit Site(uintptr_t at) : used(at, kPages), near(at + kMega, kPages), far(at + 64 * kMega, kPages), farther(at + 512 * kMega, kPages) {}
  Memory used, near, far, farther;
};

// Each place as often as any other.
void change(const Site& site, std::mt19937& random) {
  const Memory* const places[] = {&site.used, &site.used, &site.near, &site.far, &site.farther};
  constexpr Deed kDeeds[] = {Deed::dontneed, Deed::protect, Deed::remap, Deed::munmap};
  const auto place = static_cast<size_t>(random() % 5);
  const size_t n = 1 + random() % (kPages - kUsed);
  const size_t first = (place == 1 ? kUsed : 0) + random() % (kUsed - n + 1);
  does(*places[place], kDeeds[random() % 4], first, n, random);
}

int request(const Device& device, const Site& site, std::mt19937& random) {
  const size_t n = 1 + random() % 4, first = random() % (kUsed - n + 1);
  const bool write = random() % 2;
  uint64_t value = 0, job = 0;
  switch (random() % 3) {
    case 0: return write ? device.write(site.used.page(first) + 128, random()) : device.read(site.used.page(first) + 128, value);
    default:
      if (const int ret = device.submit(site.used.page(first), n * kPage, write, job)) return ret;
      return device.wait(job);
  }
}

}  // namespace

NeighboursResult neighbours(const Device::Options& options, uint64_t changes, unsigned seed) {
  NeighboursResult result;
  Device device;
  result.error = device.open(options);
  if (result.error != 0) return result;
  std::vector<std::unique_ptr<Site>> sites;
  for (size_t i = 0; i < kThreads * kSites; ++i) sites.push_back(std::make_unique<Site>(0x100000000000 + i * 8 * kMega));

  std::atomic<uint64_t> changed{0}, requested{0}, refused{0};
  // neither runs away from the other: an emulated machine would do one, and then the other
  const auto pace = [&](const std::atomic<uint64_t>& mine, const std::atomic<uint64_t>& theirs) {
    while (mine.load() > theirs.load() + 8 && theirs.load() < changes) usleep(50);
  };
  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(seed * 1000 + static_cast<unsigned>(t));
      for (; changed.fetch_add(1) < changes; pace(changed, requested)) change(*sites[t * kSites + random() % kSites], random);
    });
    threads.emplace_back([&, t] {
      std::mt19937 random(seed * 1000 + 500 + static_cast<unsigned>(t));
      for (; requested.fetch_add(1) < changes; pace(requested, changed))
        if (request(device, *sites[random() % sites.size()], random) != 0) ++refused;
    });
  }
  for (std::thread& thread : threads) thread.join();
  result.changes = result.requests = changes;
  result.refused = refused;
  result.stats = device.stats();
  return result;
}

}  // namespace mirrorscope::device
