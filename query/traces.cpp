// SPDX-License-Identifier: Apache-2.0
// How traces are opened, and what of them is worth keeping.
#include "query/traces.h"

#include <algorithm>
#include <thread>

#include "schema/shown.h"

namespace mirrorscope::query {

namespace {
constexpr double kBytesOfRecord = 100;
constexpr unsigned kMostJobs = 8;

std::unique_ptr<Names> names_of(const trace::Reader& reader) {
  auto names = std::make_unique<Names>();
  for (size_t i = 0; i < reader.streams().size(); ++i) {
    if (reader.streams()[i].id != trace::about_stream) continue;
    trace::Cursor cursor = reader.cursor(i);
    while (const ev_header* h = cursor.next()) {
      if (h->id == EV_task_name) names->learn(reinterpret_cast<const ev_task_name&>(*h));
      if (h->id == EV_symbol) names->learn(reinterpret_cast<const ev_symbol&>(*h));
      if (h->id == EV_stack) names->learn(reinterpret_cast<const ev_stack&>(*h));
      if (h->id == EV_probe_state) names->learn(reinterpret_cast<const ev_probe_state&>(*h));
    }
  }
  return names;
}
}  // namespace

OpenTrace::OpenTrace(std::string path, trace::Reader reader)
    : path_(std::move(path)), shown_(mirrorscope::shown(path_)), reader_(std::move(reader)) {
  for (const trace::StreamInfo& s : reader_.streams()) records_ += static_cast<double>(s.bytes) / kBytesOfRecord;
}

const Names& OpenTrace::names() const {
  if (!names_) names_ = names_of(reader_);
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
