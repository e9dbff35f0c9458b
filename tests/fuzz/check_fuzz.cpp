// SPDX-License-Identifier: Apache-2.0
// Whatever records say: all rules judge them, and every format says what came of it, without a crash.
#include "record_input.h"

using namespace mirrorscope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input = fuzz::split(data, size);
  fuzz::put_in_order(input);
  const fuzz::Judged judged(input);
  for (const Format& format : all_formats())
    if (format.name != "sarif" || input.every_rule)  // SARIF describes all rules, whatever was found
      fuzz::check(!format.render({&judged.document, 1}, {}).empty());
  return 0;
}
