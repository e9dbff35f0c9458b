// SPDX-License-Identifier: Apache-2.0
// A recorded trace, judged: reader, engines, damage and progress put together.
#pragma once

#include <filesystem>
#include <memory>
#include <unordered_map>
#include <vector>

#include "analyzer/engine/engine.h"
#include "report/explain/window.h"
#include "report/kept_record.h"
#include "report/render/text.h"
#include "trace/reading/reader.h"
#include "trace/result.h"

namespace mirrorscope {

struct ReplayOptions {
  std::vector<const RuleDef*> rules;  // empty = all
  unsigned jobs = 1;                  // threads; each judges the address spaces that fall to it
  bool progress = false;              // a line on stderr when it takes long
};

struct Replayed {
  std::unique_ptr<trace::Reader> reader;  // to look at the trace again
  Report report;
  std::vector<trace::Damage> damage;
};

// Where records are missing because of bytes that could not be read.
LossWindow window_of(const trace::Damage& damage);
// What a reader knows before the first record.
TraceFacts facts_of(const trace::Reader& reader);

Result<Replayed> replay(const std::filesystem::path& path, const ReplayOptions& options);

// The records behind the evidence of a report: copies, made in one more pass over the packets that they are in.
class EvidenceIndex {
 public:
  EvidenceIndex(const trace::Reader& reader, const Report& report);
  const ev_header* find(const EventRef& ref) const;

 private:
  struct Hash {
    size_t operator()(const EventRef& r) const { return r.time * 0x9e3779b97f4a7c15ull ^ (uint64_t{r.cpu} << 32 | r.seq); }
  };
  std::unordered_map<EventRef, KeptRecord, Hash> records_;
};

// The windows of these findings, gathered in one more pass over the trace.
Windows windows_of(const trace::Reader& reader, std::span<const Candidate* const> findings, const EvidenceIndex& evidence);

// Rules whose id or name matches one of the globs, a leading '!' taking away; an Error names a glob that matches nothing.
Result<std::vector<const RuleDef*>> select_rules(const std::vector<std::string>& globs);

}  // namespace mirrorscope
