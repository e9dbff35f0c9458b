// SPDX-License-Identifier: Apache-2.0
// How the steps of probes.h follow from each other; what each of them does is in machinery.cpp.
#include "collector/probes/probes.h"

#include <algorithm>

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>

#include "collector/probes/machinery.h"

namespace mirrorscope {

Opened::Opened(std::unique_ptr<Machinery> m) : machinery_(std::move(m)) {}
Opened::Opened(Opened&&) noexcept = default;
Opened::~Opened() = default;
Loaded::Loaded(std::unique_ptr<Machinery> m) : machinery_(std::move(m)) {}
Loaded::Loaded(Loaded&&) noexcept = default;
Loaded::~Loaded() = default;
Attached::Attached(std::unique_ptr<Machinery> m) : machinery_(std::move(m)) {}
Attached::Attached(Attached&&) noexcept = default;
Attached::~Attached() = default;

Result<Opened> Opened::open(const ProbeOptions& options) {
  auto m = std::make_unique<Machinery>(options);
  if (m->options.self_tgid == 0) m->options.self_tgid = static_cast<uint32_t>(getpid());
  m->learn_kernel();
  if (auto opened = m->open_object(); !opened) return opened.error();
  return Opened(std::move(m));
}

Result<Loaded> load(Opened&& opened) {
  auto m = std::move(opened.machinery_);
  if (auto loaded = m->load_object(); !loaded) return loaded.error();
  if (!m->options.tally)
    if (auto rings = m->make_rings(); !rings) return rings.error();
  m->plan();
  for (Probe& probe : m->probes) probe.load(m->kernel);
  return Loaded(std::move(m));
}

Result<Attached> attach(Loaded&& loaded) {
  auto m = std::move(loaded.machinery_);
  if (auto followed = m->start_filter(); !followed) return followed.error();
  for (Probe& probe : m->probes) probe.attach(m->kernel);
  m->verify(m->probes);
  m->withhold_parts();
  m->add(m->callbacks.by_prototype(m->kernel));
  m->note_states();
  size_t attached = 0;
  for (const ProbeState& state : m->states) attached += state.attached();
  if (attached == 0) return m->nothing_attached();
  return Attached(std::move(m));
}

Result<Attached> open_load_attach(const ProbeOptions& options) {
  auto opened = Opened::open(options);
  if (!opened) return opened.error();
  auto loaded = load(std::move(*opened));
  if (!loaded) return loaded.error();
  return attach(std::move(*loaded));
}

const std::vector<ProbeState>& Attached::states() const { return machinery_->states; }
const std::vector<HookSource>& Attached::hooks() const { return machinery_->hooks; }
std::span<const int> Attached::rings() const { return machinery_->ring_fds; }
uint64_t Attached::ring_bytes() const { return machinery_->options.ring_bytes; }
std::span<const ms_cpu> Attached::cpus() const { return {machinery_->object->bss->cpus, machinery_->rings.size()}; }

int Attached::stacks() const { return machinery_->options.stacks ? bpf_map__fd(machinery_->object->maps.stacks) : -1; }

Symbols* Attached::symbols() {
  auto& symbols = machinery_->kernel.symbols;
  return symbols && symbols->has_addresses() ? &*symbols : nullptr;
}

Result<void> Attached::activate() {
  Machinery& m = *machinery_;
  // A process that joins the filter may have children that were visited before it.
  for (uint32_t joined = ~0u; joined != m.object->bss->joined;) {
    joined = m.object->bss->joined;
    if (auto looked = m.look_around(); !looked) return looked.error();
  }
  m.add(m.callbacks_found());
  __atomic_store_n(&m.object->bss->ready, 1u, __ATOMIC_SEQ_CST);
  if (!m.options.tally)
    if (auto looked = m.look_around(); !looked) return looked.error();
  m.note_states();
  return {};
}

void Attached::deactivate() { __atomic_store_n(&machinery_->object->bss->ready, 0u, __ATOMIC_SEQ_CST); }

std::vector<ProbeState> Attached::discover(const ev_header& record) {
  std::vector<ProbeState> news;
  auto made = machinery_->callbacks.in(record, machinery_->kernel);
  if (made.empty()) return news;
  const size_t before = machinery_->probes.size();
  machinery_->add(std::move(made));
  machinery_->note_states();
  for (size_t i = before; i < machinery_->probes.size(); ++i) news.push_back(machinery_->probes[i].state());
  return news;
}

Result<ProgramRuns> Attached::runs(const ProbeState& state) const {
  const auto covered = [&] {
    return state.group ? __atomic_load_n(&machinery_->object->bss->covered[state.group], __ATOMIC_SEQ_CST) : 0;
  };
  ProgramRuns runs;
  runs.covered_before = covered();
  bpf_prog_info info = {};
  uint32_t size = sizeof info;
  if (bpf_obj_get_info_by_fd(state.fd, &info, &size))
    return fail(errno, "cannot ask for the statistics of ", state.function);
  runs.skipped = info.recursion_misses;
  runs.covered = covered();
  runs.runs = info.run_cnt + runs.covered;
  return runs;
}

Result<void> Attached::enable_run_counts() {
  const int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (fd < 0) return fail(errno, "cannot enable the kernel's run counts of BPF programs");
  machinery_->run_counts = OwnedFd(fd);
  return {};
}

Result<std::vector<Counted>> Attached::counted() const {
  const int map = bpf_map__fd(machinery_->object->maps.tallies);
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) return fail(-cpus, "cannot find out how many CPUs there are");
  std::vector<ms_tally> per_cpu(static_cast<size_t>(cpus));
  std::vector<Counted> all;
  ms_tally_key key{}, *previous = nullptr;
  for (ms_tally_key next{}; bpf_map_get_next_key(map, previous, &next) == 0; previous = &key) {
    key = next;
    if (bpf_map_lookup_elem(map, &key, per_cpu.data())) continue;
    Counted c{key, {}};
    for (const ms_tally& t : per_cpu) {
      c.sum.calls += t.calls;
      c.sum.refused += t.refused;
      c.sum.pages += t.pages;
      c.sum.timed += t.timed;
      c.sum.ns += t.ns;
      c.sum.longest = std::max(c.sum.longest, t.longest);
      for (size_t step = 0; step < MS_TALLY_STEPS; ++step) c.sum.steps[step] += t.steps[step];
    }
    all.push_back(c);
  }
  return all;
}

void Attached::forget_counted(const ms_tally_key& key) {
  bpf_map_delete_elem(bpf_map__fd(machinery_->object->maps.tallies), &key);
  bpf_map_delete_elem(bpf_map__fd(machinery_->object->maps.tally_names), &key.tgid);
}

uint64_t Attached::uncounted() const { return __atomic_load_n(&machinery_->object->bss->uncounted, __ATOMIC_RELAXED); }

std::string Attached::process_name(uint32_t tgid) const {
  char name[17] = {};
  if (bpf_map_lookup_elem(bpf_map__fd(machinery_->object->maps.tally_names), &tgid, name)) return {};
  return name;
}

Result<void> Attached::discover_found() {
  auto made = machinery_->callbacks_found();
  if (made.empty()) return {};
  machinery_->add(std::move(made));
  machinery_->note_states();
  return {};
}

}  // namespace mirrorscope
