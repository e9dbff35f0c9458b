// SPDX-License-Identifier: Apache-2.0
// A correct device under everything that a process can do to its memory: does it always see what the process sees?
#include "driver-model/kernel/client/churn.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>

#include "driver-model/kernel/client/short_life.h"
#include "driver-model/kernel/client/traffic.h"

namespace mirrorscope::device {

ChurnResult churn(const Device::Options& options, uint64_t operations, unsigned seed) {
  constexpr size_t kThreads = 2, kPages = 64;
  ChurnResult result;
  Device device;
  result.error = device.open(options);
  if (result.error != 0) return result;

  std::atomic<uint64_t> done{0};
  std::atomic<bool> over{false};
  std::mutex said;
  std::vector<std::unique_ptr<Memory>> memories;
  std::vector<std::unique_ptr<Registrations>> registrations;
  for (size_t i = 0; i < kThreads; ++i) {
    memories.push_back(std::make_unique<Memory>(i == 0 ? kPages : 512));
    registrations.push_back(std::make_unique<Registrations>(device, options.mode, *memories.back()));
  }
  const auto complain = [&](std::string what) {
    const std::lock_guard<std::mutex> lock(said);
    if (result.differences++ == 0) result.first = std::move(what);
  };

  std::vector<std::thread> threads;
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {  // the process
      std::mt19937 random(seed * 1000 + static_cast<unsigned>(t));
      const Memory& memory = *memories[t];
      for (uint64_t n = 0; (n = done.fetch_add(1)) < operations;) {
        if (n % 250 == 17) {
          short_life(options, random() % 2 ? End::exit : End::reaped);
          continue;
        }
        // compaction goes through all of memory, and fork copies all of a page table: now and then is enough
        auto deed = static_cast<Deed>(random() % static_cast<unsigned>(Deed::kDeeds));
        if ((deed == Deed::compact && random() % 64) || (deed == Deed::fork_write && random() % 4)) deed = Deed::dontneed;
        const size_t registered = Registrations::kPieces * Registrations::kPages;
        const size_t from = follows(options.mode) ? 0 : registered, room = memory.pages() - from;
        const size_t first = from + random() % (follows(options.mode) ? registered : room);
        const size_t count = std::min<size_t>(1 + random() % 8, memory.pages() - first);
        if (deed == Deed::huge && !follows(options.mode)) deed = Deed::remap;
        does(memory, deed, first, count, random);
        if (!follows(options.mode) || n % 2) continue;
        std::string differs = agree(device, memory, *registrations[t], first % registered, random());
        if (!differs.empty()) complain(std::string(to_string(deed)) + ": " + differs);
      }
      over = true;
    });
    threads.emplace_back([&, t] {  // the device
      std::mt19937 random(seed * 1000 + 500 + static_cast<unsigned>(t));
      for (uint64_t acted = 0; !over;) {
        // about as often as the process changes something: an emulated machine would do little else
        if (acted > done.load() + 8) {
          usleep(100);
          continue;
        }
        ++acted;
        const size_t which = random() % kThreads;
        const int ret = device_acts(device, options.mode, *memories[which], *registrations[which], random);
        if (ret != 0) complain("the device answers " + std::to_string(-ret));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  result.operations = std::min(done.load(), operations);
  registrations.clear();
  result.stats = device.stats();
  return result;
}

}  // namespace mirrorscope::device
