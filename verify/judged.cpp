// SPDX-License-Identifier: Apache-2.0
// How a trace becomes a Document.
#include "verify/judged.h"

#include "schema/shown.h"

namespace mirrorscope {

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
  d.kernel = out->replayed.reader->provenance().kernel_release;
  d.recorder = out->replayed.reader->provenance().recorder;
  d.version = MIRRORSCOPE_VERSION;
  for (const trace::Damage& damage : out->replayed.damage) d.damage.push_back(shown(trace::to_text(damage)));
  d.report = &report;
  d.find = [index = out->index.get()](const EventRef& r) { return index->find(r); };
  d.findings = findings_of(report, d.find);
  return out;
}

}  // namespace mirrorscope
