// SPDX-License-Identifier: Apache-2.0
// How a recording is set up: the place of the trace, the command that waits, the probes, the trace, and then the privileges go.
#include "collector/session/session.h"

#include <bpf/libbpf.h>

#include <algorithm>
#include <bit>

#include "collector/kernel/privileges.h"
#include "collector/probes/cache_files.h"
#include "collector/session/recording.h"
#include "collector/session/trace_place.h"
#include "collector/session/wakeups.h"

namespace mirrorscope {

namespace {

uint64_t ring_bytes(const RecordOptions& options, size_t cpus) {
  constexpr uint64_t most = 8u << 20, least = 1u << 20, all = 512u << 20;
  if (options.ring_bytes) return std::bit_ceil(std::max<uint64_t>(options.ring_bytes, 4096));
  return std::clamp(std::bit_floor(all / std::max<size_t>(cpus, 1)), least, most);
}

Result<trace::Writer> begin_trace(const RecordOptions& options, TracePlace& place) {
  auto provenance = trace::provenance_here();
  if (!provenance) return provenance.error();
  provenance->recorder = options.recorder;
  provenance->raw_addresses = options.raw_addresses;
  trace::WriterOptions writer;
  writer.segment_bytes = options.segment_bytes;
  writer.keep_segments = options.keep_segments;
  return place.begin(*provenance, writer);
}

}  // namespace

uint64_t Recorded::not_written() const {
  uint64_t n = 0;
  for (const auto& [error, count] : unwritten) n += count;
  return n;
}

bool Recorded::balanced() const {
  return std::all_of(books.begin(), books.end(), [](const Books& b) { return b.balanced(); });
}

Result<Recorded> record(const RecordOptions& options, RecordObserver& observer, RecordTap tap) {
  if (auto may = can_record(); !may) return may.error();
  auto place = TracePlace::claim(options.output, options.owner);
  if (!place) return place.error();
  auto prepared = prepare_command(options.scope);
  if (!prepared) return prepared.error();
  std::optional<Command>& command = *prepared;
  auto probes = probes_for(options.scope, command);
  if (!probes) return probes.error();
  probes->stacks = options.stacks;
  probes->ring_bytes = ring_bytes(options, static_cast<size_t>(std::max(libbpf_num_possible_cpus(), 1)));
  probes->without_events = options.without_events;
  if (options.ucache) {
    auto files = cache_files({options.scope.command, options.scope.pids, options.ucache_files});
    if (!files) return files.error();
    if (files->empty()) return fail(0, "there is no library here that has a registration cache; --ucache-in names one");
    probes->cache_files = std::move(*files);
  }
  probes->hooks = options.hooks;
  if (!options.hooks.files.empty()) observer.compiling(options.hooks);
  auto attached = open_load_attach(*probes);
  if (!attached) return attached.error();
  for (const HookSource& hook : attached->hooks()) {
    auto missing = what_is_missing(hook, attached->states());
    if (!missing) return missing.error();
    for (const std::string& sentence : *missing) observer.warning(sentence);
  }
  auto wakeups = Wakeups::make();
  if (!wakeups) return wakeups.error();
  auto writer = begin_trace(options, *place);
  if (!writer) return writer.error();
  if (!attached->symbols())
    observer.warning("addresses in /proc/kallsyms are hidden from this process (CAP_SYSLOG), so nothing gets a name");

  Recording recording(options, observer, std::move(*attached), std::move(*writer), std::move(tap));
  if (auto mapped = recording.map_rings(*wakeups); !mapped) return mapped.error();
  if (auto active = recording.activate(); !active) return active.error();
  // From here on files are made, and those must be the owner's.
  if (auto dropped = keep_only_recording(place->owner()); !dropped) return dropped.error();
  if (auto began = recording.begin(); !began) return began.error();
  if (command) {
    if (auto waits = wakeups->on_command(command->fd()); !waits) return waits.error();
    if (auto goes = command->go(); !goes) return goes.error();
  }
  auto why = recording.run(*wakeups, command);
  if (!why) return why.error();
  auto done = recording.end(*why);
  if (done && command) done->command_code = command->end(std::chrono::seconds(2));
  return done;
}

}  // namespace mirrorscope
