// SPDX-License-Identifier: Apache-2.0
// A path as others link to it.
#pragma once

#include <string>

namespace mirrorscope {

// A path as a URI reference.
std::string uri_of(const std::string& path);

}  // namespace mirrorscope
