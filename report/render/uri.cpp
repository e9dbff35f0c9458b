// SPDX-License-Identifier: Apache-2.0
// Which bytes of a path stand as they are in a URI.
#include "report/render/uri.h"

#include <fmt/format.h>

#include <cctype>
#include <string_view>

namespace mirrorscope {

std::string uri_of(const std::string& path) {
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const unsigned char c : path)
    uri += std::isalnum(c) || std::string_view("/-._~").find(static_cast<char>(c)) != std::string_view::npos ? std::string(1, static_cast<char>(c))
                                                                                  : fmt::format("%{:02X}", c);
  return uri;
}

}  // namespace mirrorscope
