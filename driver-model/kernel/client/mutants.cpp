// SPDX-License-Identifier: Apache-2.0
// The scenarios of mutants: two pages, a device that works on them, a process that changes them, a race held open for some milliseconds.
#include "driver-model/kernel/client/mutants.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "driver-model/kernel/client/memory.h"
#include "driver-model/kernel/client/short_life.h"
#include "driver-model/kernel/client/traffic.h"

namespace mirrorscope::device {
namespace {

enum class Against : uint8_t { dontneed, remap, first_page, both_at_once, protect, fork_write, nothing, reaper, exit, cpu_touch, to_device, close };

// How a mutant is made to show itself; what has no row is the first.
struct Scenario {
  std::string_view bug;
  Against against = Against::dontneed;
  unsigned faulters = 1;     // threads that make the device fault
  bool jobs = false;         // they submit jobs instead
  unsigned listed_of = 1;    // and of so many of these one lists the object
  uint32_t window_us = 3000;
  uint32_t dma_us = 0;
};

constexpr Scenario kScenarios[] = {
    {},
    {.bug = "seq_shared", .faulters = 3},
    {.bug = "hmm_range_shared", .faulters = 3},
    {.bug = "invalidate_no_drain", .jobs = true, .window_us = 0, .dma_us = 4000},
    {.bug = "invalidate_range_misrounded", .window_us = 100},
    {.bug = "invalidate_first_page_lost", .window_us = 100},
    {.bug = "unmap_events_only", .window_us = 100},
    {.bug = "callback_skips_set_seq"},
    {.bug = "writes_what_was_read", .against = Against::protect, .window_us = 100},
    {.bug = "no_mmap_lock", .against = Against::nothing, .window_us = 0},
    {.bug = "no_mmget", .against = Against::exit, .jobs = true},
    {.bug = "nonblock_blocks", .against = Against::reaper, .jobs = true, .dma_us = 2000},
    {.bug = "refused_with_lock_held", .against = Against::reaper, .jobs = true, .dma_us = 2000},
    {.bug = "does_not_wait", .jobs = true, .window_us = 0, .dma_us = 4000},
    {.bug = "wait_interrupted", .jobs = true, .window_us = 0, .dma_us = 4000},
    {.bug = "waits_own_fences", .jobs = true, .listed_of = 2, .window_us = 0, .dma_us = 4000},
    // more than one behind each other: the first to come has waited for the callback's lock, and is too close to it
    {.bug = "page_tables_not_marked", .jobs = true, .listed_of = 4, .window_us = 0, .dma_us = 1000},
    {.bug = "vm_not_asked", .jobs = true, .listed_of = 4, .window_us = 0, .dma_us = 1000},
    {.bug = "not_preempted", .jobs = true, .window_us = 0, .dma_us = 4000},
    {.bug = "second_returns_early", .against = Against::both_at_once, .jobs = true, .dma_us = 2000},
    {.bug = "not_idle", .faulters = 2, .jobs = true, .dma_us = 4000},
    {.bug = "unpinned_while_bound", .faulters = 2, .jobs = true, .dma_us = 4000},
    {.bug = "key_outlives_mr", .against = Against::close, .jobs = true, .dma_us = 2000},
    {.bug = "released_before_rest", .against = Against::close, .jobs = true, .dma_us = 4000},
    {.bug = "short_pin_leaks", .against = Against::close, .jobs = true},
    {.bug = "pinned_for_reading", .against = Against::fork_write, .jobs = true},
    {.bug = "freed_while_registered", .against = Against::remap, .jobs = true},
    {.bug = "own_migration_left_out", .against = Against::to_device, .window_us = 1000},
    {.bug = "own_migration_keeps_translations", .against = Against::to_device, .window_us = 1000},
    {.bug = "timeslice_cut", .against = Against::cpu_touch, .window_us = 0},
    {.bug = "finalized_before_copied", .against = Against::cpu_touch, .window_us = 0},
    {.bug = "copied_back_late", .against = Against::cpu_touch, .window_us = 0},
    {.bug = "pages_not_moved", .against = Against::cpu_touch, .window_us = 0},
    {.bug = "callback_does_not_drain", .jobs = true, .window_us = 0, .dma_us = 4000},
};

const Scenario& scenario_of(std::string_view bug) {
  const auto* found = std::find_if(std::begin(kScenarios) + 1, std::end(kScenarios), [&](const Scenario& s) { return s.bug == bug; });
  return found == std::end(kScenarios) ? kScenarios[0] : *found;
}

constexpr size_t kPages = 2;

void change(const Device& device, const Memory& memory, Against against, std::mt19937& random) {
  switch (against) {
    case Against::dontneed: does(memory, Deed::dontneed, 0, kPages, random); break;
    case Against::remap: does(memory, Deed::remap, 0, kPages, random); break;
    case Against::first_page: does(memory, Deed::dontneed, 0, 1, random); break;
    case Against::both_at_once: {  // zap_page_range_single() holds the mmap lock for reading: two invalidations at a time
      std::thread other([&] {
        std::mt19937 none(0);
        does(memory, Deed::dontneed, 1, 1, none);
      });
      does(memory, Deed::dontneed, 0, 1, random);
      other.join();
      break;
    }
    case Against::protect:  // for reading only for a while: what is looked up then may not be written
      mprotect(memory.begin(), kPages * kPage, PROT_READ);
      usleep(3000);
      mprotect(memory.begin(), kPages * kPage, PROT_READ | PROT_WRITE);
      break;
    case Against::fork_write: does(memory, Deed::fork_write, 0, kPages, random); break;
    case Against::to_device:  // from the system's memory, where the device has had time to map it
      memory.touch(0, kPages, random());
      usleep(10'000);
      device.to_device(memory.begin(), kPages * kPage);
      break;
    case Against::cpu_touch:
      device.to_device(memory.begin(), kPages * kPage);
      memory.touch(0, kPages, random());
      break;
    default: break;
  }
}

void act(const Device& device, const Memory& memory, const Scenario& scenario, bool listed, uint32_t handle, unsigned turn) {
  uint64_t job = 0;
  if (scenario.jobs) {
    device.submit(memory.begin(), kPages * kPage, true, job, listed ? handle : 0);
    if (turn % 2) device.wait(job);
  } else if (handle) {
    device.write(memory.page(turn % kPages) + 128, turn, handle);
  } else {
    device.fault(memory.begin(), kPages * kPage, true);
    device.write(memory.page(turn % kPages) + 128, turn);
  }
}

}  // namespace

MutantResult run_mutant(const Mutant& mutant, unsigned rounds) {
  const Scenario& scenario = scenario_of(mutant.name);
  const Device::Options options{mutant.mode, mutant.name, scenario.window_us, scenario.dma_us};
  MutantResult result;
  if (scenario.against == Against::exit || scenario.against == Against::reaper) {
    for (unsigned i = 0; i < rounds / 4 + 1; ++i) short_life(options, scenario.against == Against::exit ? End::exit : End::reaped);
    return result;
  }
  Device device;
  result.error = device.open(options);
  if (result.error != 0) return result;
  const Memory memory(kPages);
  std::atomic<uint32_t> handle{0};
  const auto registered = [&] {
    uint32_t one = 0;
    if (registers(mutant.mode)) device.register_range(memory.begin(), kPages * kPage, true, one);
    handle = one;
  };
  if (mutant.name == "short_pin_leaks") munmap(memory.page(1), kPage);  // there are fewer pages than are asked for
  registered();

  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < scenario.faulters; ++t)
    threads.emplace_back([&, t] {
      for (unsigned turn = t; !over; ++turn) act(device, memory, scenario, turn % scenario.listed_of == 0, handle, turn);
    });
  std::mt19937 random(1);
  for (unsigned round = 0; round < rounds; ++round) {
    usleep(500 + random() % (4 * scenario.window_us + 2 * scenario.dma_us + 500));
    if (scenario.against == Against::close) {
      device.deregister(handle);
      registered();
    } else {
      change(device, memory, scenario.against, random);
    }
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  if (handle) device.deregister(handle);
  result.stats = device.stats();
  return result;
}

}  // namespace mirrorscope::device
