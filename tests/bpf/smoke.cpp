// SPDX-License-Identifier: Apache-2.0
// Do the probes load, attach and deliver on this kernel? Prints every probe's state, waits, prints what came of each
// event.
//
//   smoke --features
//   smoke [--seconds N] [--kprobes] [--tgid N]... [--comm NAME] [--cgroup INODE] [--no-stacks] [--ring BYTES] [--drop]
//   [-- COMMAND...]
#include <bpf/libbpf.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "collector/kernel/features.h"
#include "collector/kernel/privileges.h"
#include "collector/probes/probes.h"
#include "schema/catalog.h"

namespace mirrorscope {
namespace {

struct Counts {
  std::array<uint64_t, EV_LIMIT> events{};
  std::array<uint64_t, MS_MAX_CPUS> delivered{};
  uint64_t malformed = 0, unordered = 0, discovered = 0;
  std::array<uint64_t, MS_MAX_CPUS> last_time{};
  Attached* attached = nullptr;
};

const bool dump = std::getenv("SMOKE_DUMP") != nullptr;

int on_record(void* context, void* data, size_t size) {
  auto& counts = *static_cast<Counts*>(context);
  const auto& record = *static_cast<const ev_header*>(data);
  if (record.id >= EV_LIMIT || record_sizes[record.id] != size) {
    ++counts.malformed;
    return 0;
  }
  ++counts.events[record.id];
  ++counts.delivered[record.cpu];
  for (const ProbeState& state : counts.attached->discover(record)) {
    ++counts.discovered;
    std::printf("discovered %s [%s]: %s\n", state.function.c_str(), state.module.c_str(),
                std::string(label_of(catalog::enum_probe_how, state.how)).c_str());
  }
  if (dump) {
    std::printf("%llu cpu%u %u/%u mm=%llx %s", record.time, record.cpu, record.tgid, record.tid, record.mm,
                std::string(event_info(record.id)->name).c_str());
    for (const FieldInfo& f : event_info(record.id)->fields) {
      uint64_t v = 0;
      if (f.size * f.count > 8) continue;
      std::memcpy(&v, static_cast<const char*>(data) + f.offset, f.size);
      std::printf(" %s=%llx", std::string(f.name).c_str(), static_cast<unsigned long long>(v));
    }
    std::printf("\n");
  }
  return 0;
}

void print_states(const Attached& attached) {
  std::map<std::string, int> totals;
  for (const ProbeState& s : attached.states()) {
    const auto runs = s.attached() ? attached.runs(s) : Result<ProgramRuns>(ProgramRuns{});
    const std::string how(label_of(catalog::enum_probe_how, s.how));
    ++totals[how];
    std::printf("%-28s %-10s %-44s %016llx id %-4u runs %-8llu skipped %-4llu %s\n",
                std::string(event_info(s.event)->name).c_str(), how.c_str(),
                (s.function + (s.module.empty() ? "" : " [" + s.module + "]")).c_str(),
                static_cast<unsigned long long>(s.address), s.program,
                static_cast<unsigned long long>(runs.ok() ? runs->runs : 0),
                static_cast<unsigned long long>(runs.ok() ? runs->skipped : 0), s.why.c_str());
  }
  for (const auto& [how, n] : totals) std::printf("%s: %d\n", how.c_str(), n);
  // for attach.guest.sh
  for (const ProbeState& s : attached.states())
    std::printf("STATE %s %s %s %s\n", std::string(event_info(s.event)->name).c_str(), s.function.c_str(),
                std::string(label_of(catalog::enum_probe_how, s.how)).c_str(), s.hook.c_str());
}

int die(const Error& error) {
  std::printf("FAILED: %s\n", error.message.c_str());
  return 1;
}

int print_features() {
  const auto features = find_features();
  if (!features) return die(features.error());
  std::printf("Linux %s\n", features->release.c_str());
  for (const Feature& f : features->general)
    std::printf("%-14s %-3s %s\n", f.name.c_str(), f.available ? "yes" : f.required ? "NO" : "no", f.says.c_str());
  for (const FunctionFeature& f : features->functions)
    std::printf("%-40s %-12s %s%s\n", f.function.c_str(), f.module.c_str(),
                f.typed    ? "trampoline"
                : f.symbol ? "kprobe"
                           : "absent",
                f.hook ? " (hook)" : "");
  std::printf("callbacks by prototype: %zu\n%s\n", features->callbacks,
              features->recordable() ? "RECORDABLE" : "NOT RECORDABLE");
  return 0;
}

int main_(int argc, char** argv) {
  ProbeOptions options;
  bool drop = false;
  int seconds = 5, i = 1;
  for (; i < argc && std::strcmp(argv[i], "--") != 0; ++i) {
    const std::string a = argv[i];
    const auto value = [&] { return ++i < argc ? argv[i] : const_cast<char*>(""); };
    if (a == "--features") return print_features();
    if (a == "--seconds")
      seconds = std::atoi(value());
    else if (a == "--drop")
      drop = true;
    else if (a == "--kprobes")
      options.kprobes_only = true;
    else if (a == "--tgid")
      options.tgids.push_back(static_cast<uint32_t>(std::atoi(value())));
    else if (a == "--cgroup")
      options.cgroups.push_back(std::strtoull(value(), nullptr, 10));
    else if (a == "--comm")
      options.comm = value();
    else if (a == "--no-stacks")
      options.stacks = false;
    else if (a == "--ring")
      options.ring_bytes = std::strtoull(value(), nullptr, 10);
    else
      return die(fail(0, a, " is not an option"));
  }
  auto opened = Opened::open(options);
  if (!opened) return die(opened.error());
  auto loaded = load(std::move(*opened));
  if (!loaded) return die(loaded.error());
  auto attached = attach(std::move(*loaded));
  if (!attached) return die(attached.error());
  if (auto counted = attached->enable_run_counts(); !counted) return die(counted.error());

  Counts counts;
  counts.attached = &*attached;
  std::unique_ptr<ring_buffer, void (*)(ring_buffer*)> reader(nullptr, ring_buffer__free);
  for (const int fd : attached->rings()) {
    if (!reader)
      reader.reset(ring_buffer__new(fd, on_record, &counts, nullptr));
    else if (ring_buffer__add(reader.get(), fd, on_record, &counts))
      return die(fail(errno, "cannot read a ring"));
  }
  const auto began = time(nullptr);
  if (auto active = attached->activate(); !active) return die(active.error());

  if (drop) {
    auto owner = owner_of_trace({});
    if (!owner) return die(owner.error());
    if (auto dropped = keep_only_recording(*owner); !dropped) return die(dropped.error());
  }

  pid_t child = 0;
  if (i + 1 < argc) {
    child = fork();
    if (child == 0) {
      execvp(argv[i + 1], argv + i + 1);
      _exit(127);
    }
  }
  int status = 0;
  for (bool running = child != 0; running || (child == 0 && time(nullptr) < began + seconds);) {
    ring_buffer__poll(reader.get(), 100);
    ring_buffer__consume(reader.get());
    if (running && waitpid(child, &status, WNOHANG) == child) running = false;
  }
  attached->deactivate();
  usleep(100000);
  ring_buffer__consume(reader.get());

  for (const ProbeState& state : attached->states())  // what was skipped is known for certain one call late
    if (state.attached()) (void)attached->runs(state).ok();
  print_states(*attached);
  for (const EventInfo& e : catalog::events)
    if (counts.events[e.id])
      std::printf("%-28s %llu\n", std::string(e.name).c_str(), static_cast<unsigned long long>(counts.events[e.id]));
  bool balanced = counts.malformed == 0;
  for (size_t cpu = 0; cpu < attached->cpus().size(); ++cpu) {
    const ms_cpu& c = attached->cpus()[cpu];
    std::printf("cpu %zu: produced %llu delivered %llu dropped %llu misordered %llu\n", cpu, c.next_seq,
                static_cast<unsigned long long>(counts.delivered[cpu]), c.dropped, c.misordered);
    balanced = balanced && c.next_seq == counts.delivered[cpu] + c.dropped;
  }
  std::printf("malformed %llu, discovered %llu\n%s\n", static_cast<unsigned long long>(counts.malformed),
              static_cast<unsigned long long>(counts.discovered), balanced ? "BALANCED" : "NOT BALANCED");
  if (child) std::printf("the command ended with %d\n", WEXITSTATUS(status));
  std::fflush(stdout);  // taking the programs out takes its time: attach.guest.sh does not wait for it
  return balanced ? 0 : 1;
}

}  // namespace
}  // namespace mirrorscope

int main(int argc, char** argv) { return mirrorscope::main_(argc, argv); }
