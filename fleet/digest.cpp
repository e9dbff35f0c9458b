// SPDX-License-Identifier: Apache-2.0
// XXH3_128bits().
#include "fleet/digest.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace mirrorscope::fleet {

std::string digest(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace mirrorscope::fleet
