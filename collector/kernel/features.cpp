// SPDX-License-Identifier: Apache-2.0
// How each question is put to the kernel: by trying it with a program that does nothing.
#include "collector/kernel/features.h"

#include <bpf/bpf.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <map>

#include "collector/kernel/preemption.h"
#include "collector/kernel/privileges.h"
#include "collector/probes/machinery.h"
#include "schema/catalog.h"

namespace mirrorscope {

namespace {

// Exists in every kernel with BPF trampolines, and nobody calls it (net/bpf/test_run.c).
constexpr const char* harmless = "bpf_fentry_test1";

ProgramText nothing(ProgramKind kind) {
  ProgramText text;
  text.name = text.event = "nothing";
  text.kind = kind;
  text.code = {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}};
  return text;
}

std::string word_of(const char* path) {
  std::string word;
  std::ifstream(path) >> word;
  return word;
}

Result<void> try_trampoline(const Kernel& kernel) {
  if (!kernel.btf) return kernel.btf_error;
  const BtfFunction* target = kernel.btf->function(harmless, "");
  if (!target) return fail(0, "this kernel has no function ", harmless, " to try it on");
  ProgramTarget where;
  where.id = target->id;
  auto program = load_program(nothing(ProgramKind::fentry), where);
  if (!program) return program.error();
  auto link = attach_tracing(program->get());
  if (!link) return link.error();
  return {};
}

Result<void> try_kprobe(const Kernel& kernel) {
  if (!kernel.kprobes) return kernel.kprobes_error;
  auto program = load_program(nothing(ProgramKind::kprobe), {});
  if (!program) return program.error();
  const uint64_t address = kernel.symbols ? kernel.symbols->address_of(harmless).value_or(0) : 0;
  auto link = kernel.kprobes->attach(program->get(), false, address, harmless, 0);
  if (!link) return link.error();
  return {};
}

Result<void> try_ring() {
  const OwnedFd ring(
      bpf_map_create(BPF_MAP_TYPE_RINGBUF, "nothing", 0, 0, static_cast<uint32_t>(getpagesize()), nullptr));
  if (!ring) return fail(errno, "the kernel refuses a BPF ring buffer (Linux 5.8)");
  return {};
}

Result<void> try_iterator(const Kernel& kernel) {
  if (!kernel.btf) return kernel.btf_error;
  const BtfFunction* target = kernel.btf->function("bpf_iter_task", "");
  if (!target) return fail(0, "this kernel has no task iterator for BPF (Linux 5.8)");
  ProgramTarget where;
  where.id = target->id;
  auto program = load_program(nothing(ProgramKind::iterator), where);
  if (!program) return program.error();
  return {};
}

Feature feature(std::string name, bool required, const Result<void>& tried, std::string good, std::string without) {
  return {std::move(name), tried.ok(), required,
          tried ? std::move(good) : std::move(without) + ": " + tried.error().message};
}

Feature preemption_feature() {
  const Preemption p = preemption();
  const std::string model = p.model.empty() ? "of unknown model" : p.model;
  if (!p.possible)
    return {"preemption", true, false, "preemption is " + model + ": the kernel skips no run of a program"};
  return {"preemption", true, false,
          "preemption is " + model +
              ": the kernel skips runs of trampoline programs under load, nearly all of which other programs behind them make "
              "up for; "
              "kprobes cost more and lose none"};
}

void add_privileges(std::vector<Feature>& general) {
  for (const Privilege& p : privileges())
    general.push_back({p.name, p.held, p.required, p.held ? "held" : std::string("not held: ") + p.why});
}

void add_functions(const Kernel& kernel, const std::vector<ProgramText>& texts,
                   std::vector<FunctionFeature>& functions) {
  std::map<std::string, FunctionFeature> by_name;
  for (const ProgramText& text : texts) {
    if (text.target.empty() || text.kind == ProgramKind::tracepoint || text.kind == ProgramKind::iterator) continue;
    if (!event_named(text.event)) continue;
    FunctionFeature& f = by_name[text.target];
    f.function = text.target;
    if (std::find(f.events.begin(), f.events.end(), text.event) == f.events.end()) f.events.push_back(text.event);
    const EventInfo* event = event_named(text.event);
    f.hook |= event->from == EventFrom::driver;
  }
  for (auto& [name, f] : by_name) {
    if (const BtfFunction* typed = kernel.btf ? kernel.btf->function(name) : nullptr) {
      f.typed = true;
      f.module = typed->module;
    }
    if (kernel.symbols)
      for (const Symbol& symbol : kernel.symbols->named(name)) {
        f.symbol = true;
        f.module = symbol.module;
      }
    functions.push_back(std::move(f));
  }
}

}  // namespace

bool Features::recordable() const {
  return std::all_of(general.begin(), general.end(), [](const Feature& f) { return f.available || !f.required; });
}

Result<Features> find_features() {
  Features features;
  utsname name{};
  if (uname(&name) == 0) features.release = name.release;

  Machinery machinery{ProbeOptions{}};
  machinery.learn_kernel();
  const Kernel& kernel = machinery.kernel;
  auto& general = features.general;
  add_privileges(general);

  const Result<void> btf = kernel.btf ? Result<void>{} : Result<void>{kernel.btf_error};
  general.push_back(
      feature("btf", true, btf, "the kernel describes its own types", "no program can find the kernel's fields"));
  const auto trampolines = try_trampoline(kernel);
  const auto kprobes = try_kprobe(kernel);
  general.push_back(feature("trampolines", !kprobes, trampolines, "fentry and fexit programs can be attached",
                            "fentry and fexit programs cannot be attached"));
  general.push_back(feature("kprobes", !trampolines, kprobes, "kprobes can be attached where there is no trampoline",
                            "functions without type information cannot be watched"));
  general.push_back(feature("ring_buffer", true, try_ring(), "records reach user space through ring buffers",
                            "records cannot reach user space"));
  general.push_back(feature("task_iterator", false, try_iterator(kernel),
                            "what existed before the recording is found, and filters work",
                            "filters do not work, and subs older than the recording stay unknown"));
  const Result<void> modules = kernel.btf && kernel.btf->modules_error().message.empty()
                                   ? Result<void>{}
                                   : Result<void>{kernel.btf ? kernel.btf->modules_error() : kernel.btf_error};
  general.push_back(feature("module_btf", false, modules,
                            "types of " + std::to_string(kernel.btf ? kernel.btf->modules() : 0) + " modules are known",
                            "functions of modules get kprobes, and the hooks of drivers in modules do not work"));
  Result<void> symbols;
  if (!kernel.symbols)
    symbols = kernel.symbols_error;
  else if (!kernel.symbols->has_addresses())
    symbols = fail(0, "/proc/kallsyms hides addresses (kernel.kptr_restrict is ",
                   word_of("/proc/sys/kernel/kptr_restrict"), ")");
  general.push_back(
      feature("kallsyms", false, symbols, "kernel addresses have names",
              "callbacks that are found while recording cannot be attached, and addresses have no names"));
  general.push_back(preemption_feature());

  if (auto opened = machinery.open_object(); !opened) return opened.error();
  add_functions(kernel, machinery.program_names(), features.functions);
  if (kernel.btf) features.callbacks = kernel.btf->callbacks().size();
  return features;
}

}  // namespace mirrorscope
