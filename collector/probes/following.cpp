// SPDX-License-Identifier: Apache-2.0
// How processes are found and followed: the task iterator, and the programs that keep a filter up to date.
#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>

#include "collector/probes/machinery.h"

namespace mirrorscope {

Result<void> Machinery::start_filter() {
  iterator_state.event = EV_sub_seen;
  iterator_state.function = "bpf_iter_task";
  iterator_state.how = MS_probe_how_refused;
  const BtfFunction* target = kernel.btf ? kernel.btf->function("bpf_iter_task", "") : nullptr;
  const ProgramText* text = kernel.text("sub_seen");
  if (!target) {
    iterator_state.how = MS_probe_how_absent;
    iterator_state.why = "this kernel has no task iterator for BPF";
  } else if (auto program = load_program(*text, {0, target->id, 0}); !program) {
    iterator_state.error = program.error().code;
    iterator_state.why = program.error().message;
  } else {
    iterator = std::move(*program);
    iterator_link = OwnedFd(bpf_link_create(iterator.get(), 0, BPF_TRACE_ITER, nullptr));
    if (!iterator_link) return fail(errno, "the kernel refuses the task iterator");
    iterator_state.how = MS_probe_how_iterator;
    iterator_state.fd = iterator.get();
    iterator_state.program = program_id(iterator.get());
    iterator_state.since = monotonic_ns();
  }

  if (!filtered()) return {};
  if (!iterator) return fail(0, "a filter needs the task iterator, but ", iterator_state.why);
  for (const uint32_t tgid : options.tgids) {
    const uint8_t one = 1;
    if (bpf_map_update_elem(bpf_map__fd(object->maps.wanted_tgids), &tgid, &one, BPF_ANY))
      return fail(errno, "cannot put process ", tgid, " into the filter");
  }
  for (const uint64_t cgroup : options.cgroups) {
    const uint8_t one = 1;
    if (bpf_map_update_elem(bpf_map__fd(object->maps.wanted_cgroups), &cgroup, &one, BPF_ANY))
      return fail(errno, "cannot put ", options.cgroups.size(), " cgroups into the filter");
  }
  for (const ProgramText& follower : kernel.texts) {
    if (!is_follower(follower)) continue;
    const BtfFunction* function = kernel.btf->function(follower.target, "");
    const uint32_t id = follower.kind == ProgramKind::tracepoint ? kernel.btf->tracepoint(follower.target)
                        : function                               ? function->id
                                                                 : 0;
    auto program = load_program(follower, {0, id, 0});
    if (!program) return fail(0, "a filter needs to see ", follower.target, ", but ", program.error().message);
    auto link = attach_tracing(program->get());
    if (!link) return fail(0, "a filter needs to see ", follower.target, ", but ", link.error().message);
    followers.push_back(std::move(*program));
    followers.push_back(std::move(*link));
  }
  return {};
}

Result<void> Machinery::look_around() {
  if (!iterator_link) return {};
  const OwnedFd run(bpf_iter_create(iterator_link.get()));
  if (!run) return fail(errno, "the kernel refuses to run the task iterator");
  char nothing[64];
  for (;;) {
    const ssize_t got = read(run.get(), nothing, sizeof nothing);
    if (got == 0) return {};
    if (got < 0 && errno != EINTR && errno != EAGAIN) return fail(errno, "cannot read the task iterator to its end");
  }
}

}  // namespace mirrorscope
