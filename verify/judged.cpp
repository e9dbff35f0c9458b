// SPDX-License-Identifier: Apache-2.0
// How a trace becomes a Document.
#include "verify/judged.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "schema/shown.h"
#include "trace/reading/merge.h"

namespace mirrorscope {

namespace {
TraceId trace_id(const std::string& path, const trace::Provenance& p) {
  return {.path = shown(path),
          .uuid = fmt::format("{:02x}", fmt::join(p.uuid, "")),
          .host = p.host,
          .boot = p.boot_id,
          .kernel = p.kernel_release,
          .machine = p.machine,
          .origin = std::string(trace::to_string(p.origin)),
          .recorder = p.recorder,
          .started = p.started ? static_cast<int64_t>(p.started) + p.clock_offset : 0};
}
}  // namespace

Result<std::unique_ptr<Judged>> judge(const std::string& path, const ReplayOptions& options) {
  auto done = replay(path, options);
  if (!done) return done.error();
  auto out = std::make_unique<Judged>();
  out->replayed = std::move(*done);
  const Report& report = out->replayed.report;
  out->index = std::make_unique<EvidenceIndex>(*out->replayed.reader, report);
  Document& d = out->document;
  d.trace = shown(path);
  d.path = path;
  d.id = trace_id(path, out->replayed.reader->provenance());
  d.kernel = out->replayed.reader->provenance().kernel_release;
  d.recorder = out->replayed.reader->provenance().recorder;
  d.version = MIRRORSCOPE_VERSION;
  for (const trace::Damage& damage : out->replayed.damage) d.damage.push_back(shown(trace::to_text(damage)));
  d.report = &report;
  d.find = [index = out->index.get()](const EventRef& r) { return index->find(r); };
  d.findings = findings_of(report, d.find);
  return out;
}

void measure(Judged& j) {
  Measuring measuring(j.replayed.report);
  trace::Merge merge(*j.replayed.reader);
  while (const ev_header* record = merge.next()) measuring.see(*record);
  j.measures = std::make_unique<Measures>(measuring.finish());
  j.document.measures = j.measures.get();
}

}  // namespace mirrorscope
