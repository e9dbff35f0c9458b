// SPDX-License-Identifier: Apache-2.0
// How the object is opened, its maps made, its programs planned and the filter kept.
#include "collector/probes/machinery.h"

#include <bpf/bpf.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

#include "collector/kernel/keep_warning.h"
#include "collector/kernel/preemption.h"

namespace mirrorscope {

namespace {

// Programs, links, rings, module BTF: some hundred fds, where the usual soft limit is 1024. The hard limit is what was
// granted.
void allow_many_fds() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

// How a program's name says what it is, see bpf/probe.bpf.h.
constexpr std::string_view kprobe_suffix = "__kp";
constexpr std::string_view again_suffix = "__again";
constexpr std::string_view alternative = "__or_";
constexpr std::string_view counting_prefix = "tally_";

}  // namespace

Machinery::~Machinery() {
  std::vector<int> links;
  for (const Probe& probe : probes) probe.image_links(links);
  last_links = LastLinks(links);
  if (object) mirrorscope_probes::destroy(object);
}

bool Machinery::wanted(std::string_view event) const {
  return std::find(options.without_events.begin(), options.without_events.end(), event) == options.without_events.end();
}

void Machinery::learn_kernel() {
  allow_many_fds();
  kernel.trampolines = !options.kprobes_only;
  kernel.preemptible = preemption().possible;
  if (auto symbols = Symbols::open())
    kernel.symbols = std::move(*symbols);
  else
    kernel.symbols_error = symbols.error();
  if (auto btf = KernelBtf::open())
    kernel.btf.emplace(std::move(*btf));
  else
    kernel.btf_error = btf.error();
  if (auto kprobes = Kprobes::open())
    kernel.kprobes = *kprobes;
  else
    kernel.kprobes_error = kprobes.error();
  kernel.patched = Patched::open();
  if (options.cache_files.empty()) return;
  if (auto uprobes = Uprobes::open())
    kernel.uprobes = *uprobes;
  else
    kernel.uprobes_error = uprobes.error();
  for (const std::filesystem::path& file : options.cache_files)
    if (auto functions = elf_functions(file)) user_files.emplace_back(file.string(), std::move(*functions));
}

Result<void> Machinery::open_object() {
  auto texts = ProgramTexts::collect();
  if (!texts) return texts.error();
  collecting = std::move(*texts);
  if (auto with_hooks = open_with_hooks(); !with_hooks) return with_hooks.error();

  ms_config& config = object->rodata->config;
  config.self_tgid = options.self_tgid;
  config.by_mm = filtered();
  config.by_comm = !options.comm.empty();
  config.by_cgroup = !options.cgroups.empty();
  config.stacks = options.stacks;
  config.ucache = !options.cache_files.empty();
  std::strncpy(config.comm, options.comm.c_str(), sizeof config.comm - 1);
  if (kernel.symbols) {
    config.vmemmap_base = kernel.symbols->address_of("vmemmap_base").value_or(0);
    config.zero_pfn =
        kernel.symbols->address_of("zero_pfn").value_or(kernel.symbols->address_of("zero_page_pfn").value_or(0));
  }
  if (!options.stacks) bpf_map__set_max_entries(object->maps.stacks, 1);
  // Most hooks are for drivers whose module is not loaded: their programs are not even relocated, so that they cost nothing. Field offsets of a
  // module's structs are found in its BTF, which libbpf cannot load without CAP_SYS_ADMIN.
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object->obj) {
    const ProgramText text = program_without_code(program);
    bpf_program__set_autoload(program, of_use(text) && may_be_there(text));
  }
  return {};
}

// Not those behind others where no program is preempted, those that count where records are made and the other way around, those of caches that
// nobody asked for.
bool Machinery::of_use(const ProgramText& text) const {
  if (text.name.ends_with(again_suffix) && !kernel.preemptible) return false;
  if (is_in_user_space(text)) return !options.cache_files.empty();
  if (text.name.starts_with(counting_prefix)) return options.tally;
  return !options.tally || text.target.empty() || text.kind == ProgramKind::iterator || is_follower(text);
}

bool Machinery::may_be_there(const ProgramText& text) const {
  if (text.target.empty() || text.kind == ProgramKind::tracepoint || text.kind == ProgramKind::iterator) return true;
  if (is_in_user_space(text)) return true;  // functions of a program, not of the kernel
  if (!kernel.symbols || !kernel.symbols->has_addresses()) return true;
  return (kernel.btf && kernel.btf->function(text.target)) || !kernel.symbols->named(text.target).empty();
}

std::vector<ProgramText> Machinery::program_names() const {
  std::vector<ProgramText> names;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object->obj) names.push_back(program_without_code(program));
  return names;
}

Result<void> Machinery::load_object() {
  KeepWarning warning;
  if (const int error = mirrorscope_probes::load(object))
    return Error{"cannot make the BPF maps" + (warning.text.empty() ? std::string{} : " (" + warning.text + ")") +
                     ": " + errno_text(-error),
                 -error};
  kernel.texts = collecting->take();
  collecting.reset();
  // What libbpf loaded are empty programs.
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object->obj) {
    if (!bpf_program__autoload(program)) kernel.texts.push_back(program_without_code(program));
    bpf_program__unload(program);
  }
  if (auto loaded = load_bcc_hooks(); !loaded) return loaded;
  name_hooks();
  return {};
}

Result<void> Machinery::make_rings() {
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) return fail(-cpus, "cannot find out how many CPUs there are");
  if (cpus > MS_MAX_CPUS)
    return fail(0, "this machine may have ", cpus, " CPUs, more than the ", +MS_MAX_CPUS, " that are supported");
  options.ring_bytes = std::bit_ceil(std::max<uint64_t>(options.ring_bytes, static_cast<uint64_t>(getpagesize())));
  const int outer = bpf_map__fd(object->maps.rings);
  for (uint32_t cpu = 0; cpu < static_cast<uint32_t>(cpus); ++cpu) {
    OwnedFd ring(
        bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, static_cast<uint32_t>(options.ring_bytes), nullptr));
    const int fd = ring.get();
    if (!ring || bpf_map_update_elem(outer, &cpu, &fd, BPF_ANY))
      return fail(errno, "cannot make a ring of ", options.ring_bytes, " bytes for CPU ", cpu);
    ring_fds.push_back(fd);
    rings.push_back(std::move(ring));
  }
  return {};
}

// "a" and "a__or_b" feed the same event from the same place of the driver, whose function has another name in another
// kernel: the one that exists is used, the first if none does.
bool Machinery::is_spare(const ProgramText& text) const {
  const auto exists = [&](const ProgramText& t) { return kernel.btf && kernel.btf->function(t.target); };
  const size_t at = text.name.find(alternative);
  const std::string first = text.name.substr(0, at);
  if (at != std::string::npos) return !exists(text) || exists(*kernel.text(first));
  return !exists(text) && std::any_of(kernel.texts.begin(), kernel.texts.end(), [&](const ProgramText& other) {
    return other.name.starts_with(first + std::string(alternative)) && exists(other);
  });
}

void Machinery::plan() {
  for (const ProgramText& text : kernel.texts) {
    if (text.kind == ProgramKind::iterator || text.target.empty()) continue;
    if (is_follower(text) || !of_use(text)) continue;
    // what BCC compiles has no other form
    const bool only_kprobe =
        text.name.ends_with(kprobe_suffix) && !kernel.text(text.name.substr(0, text.name.size() - kprobe_suffix.size()));
    if (text.name.ends_with(kprobe_suffix) && !only_kprobe) continue;
    if (text.name.ends_with(again_suffix)) continue;
    if (is_in_user_space(text)) {
      plan_user_space(text);
      continue;
    }
    if (is_spare(text)) continue;
    Place place;
    place.function = text.target;
    if (text.kind == ProgramKind::tracepoint) {
      place.tracepoint = kernel.btf ? kernel.btf->tracepoint(text.target) : 0;
    } else {
      if (kernel.btf) place.btf = kernel.btf->function(text.target);
      if (place.btf) place.module = place.btf->module;
      if (kernel.symbols) {
        const auto at = kernel.symbols->named(text.target);
        for (const Symbol& symbol : at)
          if (!place.address && (!place.btf || symbol.module == place.module)) {
            place.address = symbol.address;
            place.module = symbol.module;
          }
      }
    }
    if (only_kprobe)
      probes.emplace_back(nullptr, &text, std::move(place));
    else
      probes.emplace_back(&text, kernel.text(text.name + std::string(kprobe_suffix)), std::move(place));
    if (!wanted(text.event)) probes.back().switch_off("not wanted");
  }
}

void Machinery::plan_user_space(const ProgramText& text) {
  const size_t before = probes.size();
  const auto plan_at = [&](const std::string& file, uint64_t offset) {
    Place place;
    place.function = text.target;
    place.module = std::filesystem::path(file).filename();
    place.file = file;
    place.offset = offset;
    probes.emplace_back(&text, nullptr, std::move(place));
    if (!wanted(text.event)) probes.back().switch_off("not wanted");
  };
  for (const auto& [file, functions] : user_files)
    if (const auto at = functions.find(text.target); at != functions.end()) plan_at(file, at->second);
  if (probes.size() == before) plan_at("", 0);
}

std::vector<Probe> Machinery::callbacks_found() {
  std::vector<Probe> made;
  const int found = bpf_map__fd(object->maps.found);
  uint64_t function = 0, *previous = nullptr;
  while (bpf_map_get_next_key(found, previous, &function) == 0) {
    previous = &function;
    uint32_t kind = 0;
    if (bpf_map_lookup_elem(found, &function, &kind) == 0)
      callbacks.at(function, static_cast<ms_callback>(kind), kernel, made);
  }
  return made;
}

void Machinery::add(std::vector<Probe> made) {
  for (Probe& probe : made) {
    if (const EventInfo* event = event_info(probe.state().event); event && !wanted(event->name))
      probe.switch_off("not wanted");
    probe.load(kernel);
    probe.attach(kernel);
  }
  verify(made);
  std::move(made.begin(), made.end(), std::back_inserter(probes));
}

void Machinery::verify(std::span<Probe> some) {
  if (some.empty() || !kernel.patched || !kernel.patched->refresh()) return;
  for (Probe& probe : some) probe.verify(kernel);
}

void Machinery::note_states() {
  // Only ever grows at its end: who reads states() may remember an index.
  states.assign(2, iterator_state);
  states.back().event = EV_mn_seen;
  for (const Probe& probe : probes) states.push_back(probe.state());
}

Error Machinery::nothing_attached() const {
  for (const ProbeState& state : states)
    if (!state.why.empty() && state.how == MS_probe_how_refused)
      return {"not a single probe could be attached; " + state.function + ": " + state.why, state.error};
  if (!kernel.btf)
    return {"not a single probe could be attached, because " + kernel.btf_error.message, kernel.btf_error.code};
  return {"not a single probe could be attached: this kernel has none of the functions", 0};
}

}  // namespace mirrorscope
