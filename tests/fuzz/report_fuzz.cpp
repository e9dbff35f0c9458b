// SPDX-License-Identifier: Apache-2.0
// Whatever records say: the page is made, and no name in it ends the element that holds its data.
#include "record_input.h"
#include "report/page/page.h"

using namespace mirrorscope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input = fuzz::split(data, size);
  fuzz::put_in_order(input);
  const fuzz::Judged judged(input);
  Survey survey(judged.report, judged.document.findings, judged.document.find);
  for (const trace::AnyRecord& r : input.records) survey.see(r.header());
  survey.finish();
  const Survey* const seen = &survey;
  fuzz::check(page_data({&judged.document, 1}, {&seen, 1}, {.folder = "."}).find('<') == std::string::npos);
  return 0;
}
