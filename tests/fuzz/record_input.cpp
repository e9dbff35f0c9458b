// SPDX-License-Identifier: Apache-2.0
// How bytes become records, and records a verdict.
#include "record_input.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "schema/catalog.h"

namespace mirrorscope::fuzz {

Input split(const uint8_t* data, size_t size) {
  Input input;
  if (!size) return input;
  input.every_rule = std::hash<std::string_view>{}({reinterpret_cast<const char*>(data), size}) % 64 == 0;
  input.switches = *data++;
  --size;
  while (size >= sizeof(ev_header)) {
    uint16_t id = 0;
    std::memcpy(&id, data + offsetof(ev_header, id), sizeof id);
    const uint32_t length = id < EV_LIMIT ? record_sizes[id] : 0;
    if (!length || length > size) break;
    std::memcpy(input.records.emplace_back().bytes.data(), data, length);
    data += length;
    size -= length;
  }
  return input;
}

size_t join(const Input& input, uint8_t* data, size_t most) {
  if (!most) return 0;
  size_t size = 0;
  data[size++] = input.switches;
  for (const trace::AnyRecord& r : input.records) {
    if (r.size() > most - size) break;
    std::memcpy(data + size, r.bytes.data(), r.size());
    size += r.size();
  }
  return size;
}

void put_in_order(Input& input) {
  std::unordered_map<uint16_t, uint32_t> next;  // by CPU
  uint64_t time = 0;
  for (trace::AnyRecord& r : input.records) {
    ev_header& h = r.header();
    h.time = time = std::max<uint64_t>(time, h.time);
    if (input.switches & Input::dense) h.seq = next[h.cpu]++;
  }
}

Judged::Judged(const Input& input) : input_(input) {
  std::vector<std::unique_ptr<Engine>> engines;
  engines.push_back(std::make_unique<Engine>(EngineOptions{{}, {.recorded = (input.switches & Input::recorded) != 0}, 0, 1}));
  for (const trace::AnyRecord& r : input.records) engines[0]->feed(r.header());
  report = Engine::finish(engines);
  for (const RuleResult& r : report.rules) {
    check(r.verdict != Verdict::holds || r.held);
    check((r.verdict == Verdict::violated) == (r.broken > 0));
    check(r.findings.size() <= r.broken && r.suspects.size() <= r.doubtful);
  }
  if (!input.every_rule) std::erase_if(report.rules, [](const RuleResult& r) { return r.findings.empty() && r.suspects.empty(); });
  document.trace = "run";
  document.report = &report;
  document.find = [this](const EventRef& ref) { return find(ref); };
  document.findings = findings_of(report, document.find);
  document.outcomes = outcomes_of(report, document.findings, {});
}

const ev_header* Judged::find(const EventRef& ref) const {
  const auto at = std::lower_bound(input_.records.begin(), input_.records.end(), ref.time,
                                   [](const trace::AnyRecord& r, uint64_t time) { return r.header().time < time; });
  for (auto it = at; it != input_.records.end() && it->header().time == ref.time; ++it)
    if (EventRef::of(it->header()) == ref) return &it->header();
  return nullptr;
}

}  // namespace mirrorscope::fuzz
