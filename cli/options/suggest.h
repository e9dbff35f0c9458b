// SPDX-License-Identifier: Apache-2.0
// What shell completion offers for an option that takes more than it offers: "--rules ORD-*" beside "--rules ORD-01".
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace mirrorscope::cli {

// Accepts everything; its words are read by completion.cpp like those of CLI::IsMember.
inline CLI::Validator suggest(const std::vector<std::string>& words) {
  return CLI::Validator([](std::string&) { return std::string(); }, "{" + CLI::detail::join(words, ",") + "}");
}

}  // namespace mirrorscope::cli
