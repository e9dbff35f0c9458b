// SPDX-License-Identifier: Apache-2.0
// Where a trace goes and whose it is: known, and good, before anything that takes time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "collector/session/owner.h"
#include "trace/result.h"
#include "trace/writing/claimed_folder.h"
#include "trace/writing/writer.h"

namespace mirrorscope {

class TracePlace {
 public:
  // `owner` as of owner_of_trace(). What the owner may not write is refused here, whatever this process may.
  static Result<TracePlace> claim(const std::filesystem::path& output, const std::string& owner);
  TracePlace(TracePlace&& other) noexcept : owner_(other.owner_), folder_(std::exchange(other.folder_, std::nullopt)) {}
  TracePlace& operator=(TracePlace&&) = delete;
  ~TracePlace();  // without a trace it leaves no directory behind

  Result<trace::Writer> begin(trace::Provenance provenance, trace::WriterOptions options);
  const Owner& owner() const { return owner_; }

 private:
  TracePlace(Owner owner, trace::ClaimedFolder folder) : owner_(std::move(owner)), folder_(std::move(folder)) {}

  Owner owner_;
  std::optional<trace::ClaimedFolder> folder_;  // until begin()
};

}  // namespace mirrorscope
