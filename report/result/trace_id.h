// SPDX-License-Identifier: Apache-2.0
// Which trace a result is about: where it comes from, and what tells it from every other one.
#pragma once

#include <cstdint>
#include <string>

namespace mirrorscope {

// All text as it can be shown (schema/shown.h).
struct TraceId {
  std::string path;      // as check was given it
  std::string uuid;      // "0a1b…", 32 digits, from its metadata; empty: it could not be read
  std::string host;      // uname -n of where it was recorded, empty if it comes from no machine
  std::string boot;      // /proc/sys/kernel/random/boot_id of then
  std::string kernel;    // uname -r
  std::string machine;   // uname -m
  std::string origin;    // "recorded", "model", "written"
  std::string recorder;  // version of mirrorscope that recorded it
  int64_t started = 0;   // ns since 1970-01-01 UTC, 0 if that is not known
};

}  // namespace mirrorscope
