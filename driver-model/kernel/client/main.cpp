// SPDX-License-Identifier: Apache-2.0
// mirrorscope-device: the reference driver from a shell.
#include <CLI/CLI.hpp>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "driver-model/kernel/client/churn.h"
#include "driver-model/kernel/client/mutants.h"
#include "driver-model/kernel/client/neighbours.h"

using namespace mirrorscope::device;

namespace {

int no_device(int error) {
  std::fprintf(stderr, "mirrorscope-device: /dev/mirrorscope cannot be used: %s.%s\n", std::strerror(-error),
               error == -ENOENT ? " Is the module loaded (insmod mirrorscope.ko), and does the mode have such a mutant?" : "");
  return 2;
}

void print(std::string_view name, const mirrorscope_stats& s) {
  std::printf("%.*s: %llu faults, %llu collisions, %llu maps, %llu invalidations, %llu refused, %llu accesses, %llu jobs, %llu migrations, %llu held; "
              "oracle: %llu stale, %llu not writable, %llu unknown\n",
              static_cast<int>(name.size()), name.data(), s.faults, s.collisions, s.maps, s.invalidations, s.refusals, s.accesses, s.jobs,
              s.migrations, s.held, s.stale, s.not_writable, s.unknown);
}

int run_churn(const std::string& mode, const Device::Options& options, uint64_t operations, unsigned seed) {
  const ChurnResult result = churn(options, operations, seed);
  if (result.error != 0) return no_device(result.error);
  print(mode, result.stats);
  std::printf("%s: %llu operations, %llu differences%s%s\n", mode.c_str(), static_cast<unsigned long long>(result.operations),
              static_cast<unsigned long long>(result.differences), result.first.empty() ? "" : ", first: ", result.first.c_str());
  return result.differences || result.stats.stale || result.stats.not_writable ? 1 : 0;
}

int run_neighbours(const Device::Options& options, uint64_t changes, unsigned seed) {
  const NeighboursResult result = neighbours(options, changes, seed);
  if (result.error != 0) return no_device(result.error);
  print("neighbours", result.stats);
  std::printf("neighbours: %llu changes, %llu requests, %llu refused\n", static_cast<unsigned long long>(result.changes),
              static_cast<unsigned long long>(result.requests), static_cast<unsigned long long>(result.refused));
  return result.stats.stale || result.stats.not_writable ? 1 : 0;
}

uint64_t monotonic() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

// In a process of its own: it may hang. Its records lie between the two times, which are those of a trace.
int run_one(const Mutant& mutant, unsigned rounds) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const MutantResult result = run_mutant(mutant, rounds);
    if (result.error != 0) _exit(no_device(result.error));
    std::printf("%s %s %llu %llu %llu", std::string(name_of_mode(mutant.mode)).c_str(), mutant.name.c_str(), result.stats.accesses,
                result.stats.stale, result.stats.not_writable);
    std::fflush(stdout);
    _exit(0);
  }
  const uint64_t began = monotonic();
  int status = 1;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  std::printf(" %llu %llu\n", static_cast<unsigned long long>(began), static_cast<unsigned long long>(monotonic()));
  return 0;
}

int run_mutants(const std::string& mode, const std::string& name, unsigned rounds, bool dangerous) {
  const std::vector<Mutant> all = mutants();
  bool any = false;
  int worst = 0;
  if (all.empty()) return no_device(-ENODEV);
  for (const Mutant& mutant : all) {
    if ((!mode.empty() && mode != name_of_mode(mutant.mode)) || (!name.empty() && name != mutant.name)) continue;
    if (mutant.dangerous && !dangerous) continue;
    any = true;
    worst = std::max(worst, run_one(mutant, rounds));
  }
  if (any) return worst;
  std::fprintf(stderr, "mirrorscope-device: there is no such mutant; mirrorscope-device list names them.\n");
  return 2;
}

int list() {
  const std::vector<Mutant> all = mutants();
  if (all.empty()) return no_device(-ENODEV);
  for (const Mutant& mutant : all)
    std::printf("%-14s %s%s\n", std::string(name_of_mode(mutant.mode)).c_str(), mutant.name.c_str(), mutant.dangerous ? " (dangerous)" : "");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The reference driver from a shell: needs the module mirrorscope.ko and /dev/mirrorscope.\n"
               "Exit codes: 0 as it should be, 1 the device did not see what the process saw, 2 usage or no device."};
  std::string mode, name, ranges = "level";
  Device::Options options;
  uint64_t operations = 10000;
  unsigned seed = 1, rounds = 40;
  bool dangerous = false;

  CLI::App* churns = app.add_subcommand("churn", "a correct device (or --bug) under everything a process can do to its memory");
  churns->add_option("mode", mode, "mirror, implicit, registration, fence, quiesce, pinned, devmem or gpusvm")->required();
  churns->add_option("--operations", operations, "of the process")->capture_default_str();
  churns->add_option("--seed", seed)->capture_default_str();
  churns->add_option("--bug", options.bug, "be this mutant");
  churns->add_option("--window-us", options.window_us, "hold races open for so long");
  churns->add_option("--dma-us", options.dma_us, "a job works so long on a page");
  CLI::App* beside = app.add_subcommand("neighbours", "a correct device of mode implicit, which uses some of what its process changes");
  beside->add_option("--changes", operations, "of the process, and requests of the device")->capture_default_str();
  beside->add_option("--seed", seed)->capture_default_str();
  beside->add_option("--dma-us", options.dma_us, "a job works so long on a page");
  for (CLI::App* wide : {churns, beside}) {
    wide->add_option("--ranges", ranges, "what a notifier of implicit covers: level, vma or temporary")->capture_default_str();
    wide->add_option("--level-shift", options.level_shift, "a level is 2^N bytes; 0 = 2 MB");
  }
  CLI::App* tries = app.add_subcommand("mutants", "each mutant in a process of its own, in the scenario that makes it go wrong;\n"
                                                  "prints: mode, mutant, accesses, of these stale, of these without permission, and from when to when (CLOCK_MONOTONIC, ns)");
  tries->add_option("--mode", mode, "only of this mode");
  tries->add_option("--mutant", name, "only this one");
  tries->add_option("--rounds", rounds, "changes of memory")->capture_default_str();
  tries->add_flag("--dangerous", dangerous, "also those that hang their task or ruin the kernel");
  CLI::App* lists = app.add_subcommand("list", "the mutants that the loaded module knows");
  app.require_subcommand(1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (lists->parsed()) return list();
  if (tries->parsed()) return run_mutants(mode, name, rounds, dangerous);
  options.ranges = ranges_named(ranges);
  if (options.ranges == MIRRORSCOPE_RANGES) {
    std::fprintf(stderr, "mirrorscope-device: notifiers cover a level, a vma or are temporary, not '%s'.\n", ranges.c_str());
    return 2;
  }
  options.mode = mode_named(beside->parsed() ? "implicit" : mode);
  if (options.mode == MIRRORSCOPE_MODES) {
    std::fprintf(stderr, "mirrorscope-device: '%s' is no mode; mirrorscope-device churn --help names them.\n", mode.c_str());
    return 2;
  }
  if (beside->parsed()) return run_neighbours(options, operations, seed);
  return run_churn(mode, options, operations, seed);
}
