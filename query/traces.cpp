// SPDX-License-Identifier: Apache-2.0
// How traces are opened, and what of them is worth keeping.
#include "query/traces.h"

#include <algorithm>
#include <thread>

#include "schema/shown.h"
#include "verify/learned_names.h"

namespace mirrorscope::query {

namespace {
constexpr double kBytesOfRecord = 100;
constexpr unsigned kMostJobs = 8;
}  // namespace

OpenTrace::OpenTrace(std::string path, trace::Reader reader)
    : path_(std::move(path)), shown_(mirrorscope::shown(path_)), reader_(std::move(reader)) {
  for (const trace::StreamInfo& s : reader_.streams()) records_ += static_cast<double>(s.bytes) / kBytesOfRecord;
}

const Names& OpenTrace::names() const {
  if (!names_) names_ = learned_names(reader_);
  return *names_;
}

Result<const Judged*> OpenTrace::judged() const {
  if (!judged_) {
    ReplayOptions options;
    options.jobs = std::clamp(std::thread::hardware_concurrency(), 1u, kMostJobs);
    auto judged = judge(path_, options);
    if (!judged) return judged.error();
    judged_ = std::move(*judged);
  }
  return static_cast<const Judged*>(judged_.get());
}

Result<std::unique_ptr<Traces>> Traces::open(const std::vector<std::string>& paths) {
  auto traces = std::make_unique<Traces>();
  for (const std::string& path : paths) {
    auto reader = trace::Reader::open(path);
    if (!reader) return reader.error();
    traces->all_.push_back(std::make_unique<OpenTrace>(path, *std::move(reader)));
    traces->note(traces->all_.back()->reader().foreign());
  }
  return traces;
}

double Traces::records() const {
  double records = 1;
  for (const auto& trace : all_) records += trace->records();
  return records;
}

void Traces::note(std::span<const trace::Damage> damage) const {
  for (const trace::Damage& d : damage) damage_.insert(trace::to_text(d));
}

}  // namespace mirrorscope::query
