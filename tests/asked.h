// SPDX-License-Identifier: Apache-2.0
// How much is tried: a number from the environment, for whoever has more time than CI.
#pragma once

#include <cstdint>
#include <cstdlib>

namespace mirrorscope::test {

inline uint64_t asked(const char* variable, uint64_t otherwise) {
  const char* value = std::getenv(variable);
  return value ? std::strtoull(value, nullptr, 10) : otherwise;
}

}  // namespace mirrorscope::test
