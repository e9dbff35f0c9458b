// SPDX-License-Identifier: Apache-2.0
// How hooks given on the command line join the programs of this build: linked in before the object is opened, or compiled by BCC after.
#include <cerrno>
#include <cstdlib>

#include "collector/hooks/hook_bcc.h"
#include "collector/hooks/hook_clang.h"
#include "collector/kernel/keep_warning.h"
#include "collector/probes/machinery.h"

namespace mirrorscope {

Result<HookCompiler> Machinery::compiler_of(const HookSource& hook) const {
  std::vector<FunctionPlace> places;
  for (const HookFunction& f : hook.functions)
    places.push_back({kernel.btf && kernel.btf->function(f.function), !kernel.symbols || !kernel.symbols->named(f.function).empty()});
  if (auto found = is_anywhere(hook, places); !found) return found.error();
  return options.hooks.compiler == HookCompiler::automatic ? compiler_for(places) : options.hooks.compiler;
}

Result<void> Machinery::open_with_hooks() {
  std::vector<std::filesystem::path> objects;
  for (const std::filesystem::path& file : options.hooks.files) {
    auto hook = read_hook(file);
    if (!hook) return hook.error();
    auto compiler = compiler_of(*hook);
    if (!compiler) return compiler.error();
    if (!hook_headers) {
      auto written = HookHeaders::write();
      if (!written) return written.error();
      hook_headers.emplace(std::move(*written));
    }
    if (*compiler == HookCompiler::clang) {
      auto compiled = compile_with_clang(*hook, options.hooks.flags, *hook_headers);
      if (!compiled) return compiled.error();
      objects.push_back(std::move(*compiled));
    } else {
      for_bcc.push_back(hooks.size());
    }
    hooks.push_back(std::move(*hook));
  }
  KeepWarning warning;
  if (objects.empty()) {
    object = mirrorscope_probes::open();
  } else {
    size_t size = 0;
    const auto* base = static_cast<const std::byte*>(mirrorscope_probes::elf_bytes(&size));
    auto linked = link_hooks({base, size}, objects, *hook_headers);
    if (!linked) return Error{linked.error().message + (warning.text.empty() ? "" : " (" + warning.text + ")"), linked.error().code};
    linked_object = std::move(*linked);
    // the skeleton of this build, over an object that has more programs than it knows
    object = static_cast<mirrorscope_probes*>(std::calloc(1, sizeof(mirrorscope_probes)));
    if (!object || mirrorscope_probes__create_skeleton(object)) return fail(ENOMEM, "cannot make the skeleton of the BPF object");
    object->skeleton->data = linked_object.data();
    object->skeleton->data_sz = linked_object.size();
    if (const int error = bpf_object__open_skeleton(object->skeleton, nullptr)) {
      mirrorscope_probes::destroy(object);
      object = nullptr;
      errno = -error;
    }
  }
  if (!object) return fail(errno, "cannot open the BPF object (", warning.text, ")");
  return {};
}

Result<void> Machinery::load_bcc_hooks() {
  SharedNumbers shared;
  shared.fds = {{"rings", bpf_map__fd(object->maps.rings)},
                {"calls", bpf_map__fd(object->maps.calls)},
                {"wanted_mms", bpf_map__fd(object->maps.wanted_mms)},
                {"bss", bpf_map__fd(object->maps.bss)}};
  const auto offset = [&](const void* variable) {
    return static_cast<size_t>(static_cast<const std::byte*>(variable) - reinterpret_cast<const std::byte*>(object->bss));
  };
  shared.offsets = {{"cpus", offset(&object->bss->cpus)},
                    {"spoke", offset(&object->bss->spoke)},
                    {"ready", offset(&object->bss->ready)},
                    {"self_mm", offset(&object->bss->self_mm)}};
  shared.by_mm = filtered();
  for (const size_t index : for_bcc) {
    auto texts = compile_with_bcc(hooks[index], options.hooks.flags, *hook_headers, shared);
    if (!texts) return texts.error();
    for (ProgramText& text : *texts) {
      text.hook = hooks[index].file.filename();  // it has no lines that would say so
      kernel.texts.push_back(std::move(text));
    }
  }
  hook_headers.reset();
  return {};
}

}  // namespace mirrorscope
