// SPDX-License-Identifier: Apache-2.0
// Damage under right checksums, as a hostile hand or a broken copying program makes it.
#pragma once

#include "damages.h"

namespace mirrorscope::test {

std::span<const DamageKind> forgeries();

// 0 if there is nothing below `end`.
inline size_t below(Random& random, size_t end) { return end ? static_cast<size_t>(random() % end) : 0; }
inline std::string pick(Random& random, const std::vector<std::string>& from) { return from[below(random, from.size())]; }

}  // namespace mirrorscope::test
