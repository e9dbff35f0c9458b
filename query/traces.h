// SPDX-License-Identifier: Apache-2.0
// The traces that are asked, and what is said about them while they are read.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "analyzer/engine/names.h"
#include "trace/reading/reader.h"
#include "verify/judged.h"

namespace mirrorscope::query {

class OpenTrace {
 public:
  OpenTrace(std::string path, trace::Reader reader);

  const std::string& path() const { return path_; }  // as it was given, byte for byte
  const std::string& shown() const { return shown_; }
  const trace::Reader& reader() const { return reader_; }
  // About how many records it has.
  double records() const { return records_; }
  // Learned when they are first asked for: names come behind the records that they are about.
  const Names& names() const;
  // What `check` says of it; made when it is first asked for, and kept.
  Result<const Judged*> judged() const;

 private:
  std::string path_, shown_;
  trace::Reader reader_;
  double records_ = 0;
  mutable std::optional<Names> names_;
  mutable std::unique_ptr<Judged> judged_;
};

class Traces {
 public:
  // Every one of them, or the reason why one cannot be read.
  static Result<std::unique_ptr<Traces>> open(const std::vector<std::string>& paths);

  const std::vector<std::unique_ptr<OpenTrace>>& all() const { return all_; }
  double records() const;

  // Bytes that a pass could not deliver: a sentence each, each once.
  void note(std::span<const trace::Damage> damage) const;
  const std::set<std::string>& damage() const { return damage_; }

  // Safe in a signal handler: passes end at their next look.
  void stop() noexcept { stopped_.store(true, std::memory_order_relaxed); }
  bool stopped() const noexcept { return stopped_.load(std::memory_order_relaxed); }

 private:
  std::vector<std::unique_ptr<OpenTrace>> all_;
  mutable std::set<std::string> damage_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace mirrorscope::query
