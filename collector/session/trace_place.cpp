// SPDX-License-Identifier: Apache-2.0
// How a directory is claimed in the owner's name, and given up.
#include "collector/session/trace_place.h"

#include <unistd.h>

#include <cstdint>
#include <utility>

namespace mirrorscope {

namespace {

// Below this not even the names of the probes find room.
constexpr uint64_t least_room = 1u << 20;

}  // namespace

Result<TracePlace> TracePlace::claim(const std::filesystem::path& output, const std::string& owner) {
  auto user = owner_of_trace(owner);
  if (!user) return user.error();
  auto acting = ActingAs::owner(*user);
  if (!acting) return acting.error();
  // Of two users, the sentence says which one may not.
  const std::string whose = getuid() == user->uid ? "" : "; the trace would be " + user->name + "'s, see --owner";
  auto folder = trace::ClaimedFolder::claim(output);
  if (!folder) return Error{folder.error().message + whose, folder.error().code};
  if (auto room = folder->has_room(least_room); !room) {
    folder->give_up();
    return room.error();
  }
  return TracePlace(std::move(*user), std::move(*folder));
}

Result<trace::Writer> TracePlace::begin(trace::Provenance provenance, trace::WriterOptions options) {
  auto acting = ActingAs::owner(owner_);
  if (!acting) return acting.error();
  auto writer = trace::Writer::create(*folder_, std::move(provenance), options);
  if (writer) folder_.reset();
  return writer;
}

TracePlace::~TracePlace() {
  if (!folder_) return;
  if (auto acting = ActingAs::owner(owner_); acting) folder_->give_up();
}

}  // namespace mirrorscope
