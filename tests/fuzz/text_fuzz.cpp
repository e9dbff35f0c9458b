// SPDX-License-Identifier: Apache-2.0
// Whatever a line says: the parser does not crash, and a record that it accepts prints as a line that gives the same
// record.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "trace/text/text.h"

using namespace mirrorscope;
using namespace mirrorscope::trace;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto first = parse_record({reinterpret_cast<const char*>(data), size});
  if (!first) return first.error().message.starts_with("column ") ? 0 : (std::abort(), 0);
  auto second = parse_record(to_text(first->header()));
  if (!second || second->bytes != first->bytes) std::abort();
  return 0;
}
