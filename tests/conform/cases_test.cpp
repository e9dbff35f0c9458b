// SPDX-License-Identifier: Apache-2.0
// Traces written by hand (*.cases, in the language of tests/rules/README.md): is the one value or step that is off found where it stands?
// `holds` means conformant, `violated N at K` that it diverges N times, the first time at record line K.
#include <gtest/gtest.h>

#include "case_file.h"
#include "crosscheck/conformance.h"

namespace mirrorscope::test {

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

namespace {

class Cases : public testing::TestWithParam<Case> {};

std::vector<Case> cases_of(const char* name) {
  auto file = read_cases(std::filesystem::path(CASES) / name);
  if (!file) throw std::runtime_error(file.error().message);
  return file->cases;
}

TEST_P(Cases, end_as_expected) {
  const Case& c = GetParam();
  SCOPED_TRACE("line " + std::to_string(c.line));
  Conformance conformance(nullptr, {});
  for (const trace::AnyRecord& r : c.records) conformance.learn(r.header());
  for (const trace::AnyRecord& r : c.records) conformance.feed(r.header());
  const ConformanceReport r = conformance.finish();
  std::string seen = r.because;
  for (const auto& d : r.divergences) seen += "\n  allowed " + d.allowed + ", recorded " + d.recorded;
  for (const auto& d : r.doubts) seen += "\n  doubtful, " + d.because + ": allowed " + d.divergence.allowed + ", recorded " + d.divergence.recorded;
  const Conforms expected = c.expected == Verdict::holds      ? Conforms::conformant
                            : c.expected == Verdict::violated ? Conforms::diverges
                                                              : Conforms::inconclusive;
  EXPECT_EQ(to_string(r.verdict), to_string(expected)) << seen;
  if (expected != Conforms::diverges) return;
  if (c.count) {
    EXPECT_EQ(r.divergences.size(), *c.count) << seen;
  }
  if (c.at && !r.divergences.empty()) {
    ASSERT_LE(*c.at, c.lines.size());
    EXPECT_EQ(r.divergences.front().at, c.lines[*c.at - 1]) << "diverges at another record" << seen;
  }
}

const auto named = [](const testing::TestParamInfo<Case>& at) { return at.param.name; };
INSTANTIATE_TEST_SUITE_P(inserts, Cases, testing::ValuesIn(cases_of("inserts.cases")), named);
INSTANTIATE_TEST_SUITE_P(objects, Cases, testing::ValuesIn(cases_of("objects.cases")), named);
INSTANTIATE_TEST_SUITE_P(kernel, Cases, testing::ValuesIn(cases_of("kernel.cases")), named);
INSTANTIATE_TEST_SUITE_P(reference, Cases, testing::ValuesIn(cases_of("reference.cases")), named);

}  // namespace
}  // namespace mirrorscope::test
