// SPDX-License-Identifier: Apache-2.0
// Whatever records say: each finding in them can be told as a story.
#include "record_input.h"
#include "report/explain/explain.h"

using namespace mirrorscope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::Input input = fuzz::split(data, size);
  fuzz::put_in_order(input);
  const fuzz::Judged judged(input);
  std::vector<const Candidate*> candidates;
  for (const Finding& f : judged.document.findings) candidates.push_back(f.what);
  Windows windows(candidates, judged.document.find);
  for (const trace::AnyRecord& r : input.records) windows.see(r.header());
  for (const Finding& f : judged.document.findings) fuzz::check(!explain(f, windows.of(*f.what), judged.report).empty());
  return 0;
}
