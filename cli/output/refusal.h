// SPDX-License-Identifier: Apache-2.0
// What a command says on standard error: whatever names are in the sentence, as they can be shown (schema/shown.h).
#pragma once

#include <string_view>

namespace mirrorscope::cli {

// "mirrorscope check: SENTENCE"
void remark(std::string_view command, std::string_view sentence);
// The same, of a command that cannot do what it was told: its exit code, 2.
int refuse(std::string_view command, std::string_view sentence);

}  // namespace mirrorscope::cli
