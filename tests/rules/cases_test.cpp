// SPDX-License-Identifier: Apache-2.0
// Does every case of every .cases file get the verdict it expects, and does every rule have the cases it must have?
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "case_file.h"

namespace mirrorscope::test {

namespace {
const std::filesystem::path kFolder = CASES_FOLDER;
const std::filesystem::path kRules = RULES_FOLDER;
constexpr std::string_view kOneRule = ONE_RULE;  // the stem of the one rule that this analyzer has; empty: it has all

class OneCase : public testing::Test {
 public:
  OneCase(const RuleDef* rule, Case c, std::string file) : rule_(rule), case_(std::move(c)), file_(std::move(file)) {}

  void TestBody() override {
    SCOPED_TRACE(file_ + ":" + std::to_string(case_.line));
    for (uint32_t shards : {1u, 3u}) {
      const RuleResult r = judge(*rule_, case_.records, shards);
      std::string seen;
      for (const Candidate& c : r.findings) seen += "\n  broken: " + c.what;
      for (const Candidate& c : r.suspects) seen += "\n  doubtful: " + c.what;
      EXPECT_EQ(to_string(r.verdict), to_string(case_.expected)) << r.reason << seen;
      if (case_.count && case_.expected == Verdict::violated) {
        EXPECT_EQ(r.broken, *case_.count) << seen;
      }
      if (case_.count && case_.expected == Verdict::holds) {
        EXPECT_EQ(r.held, *case_.count);
      }
      if (case_.at && !r.findings.empty()) {
        ASSERT_LE(*case_.at, case_.lines.size());
        EXPECT_EQ(r.findings.front().completing, case_.lines[*case_.at - 1]) << "completed by another record";
      }
    }
  }

 private:
  const RuleDef* rule_;
  Case case_;
  std::string file_;
};

// Verdicts that a rule's cases must show.
const std::set<Verdict> kMust{Verdict::violated, Verdict::holds, Verdict::inconclusive};
}  // namespace

TEST(Cases, EveryRuleHasThem) {
  for (const auto& entry : std::filesystem::directory_iterator(kRules)) {
    if (entry.path().extension() != ".cpp") continue;
    const auto path = kFolder / entry.path().stem().concat(".cases");
    auto file = read_cases(path);
    ASSERT_TRUE(file) << file.error().message;
    std::set<Verdict> shown;
    for (const Case& c : file->cases) shown.insert(c.expected);
    for (Verdict v : kMust) EXPECT_TRUE(shown.contains(v)) << path.filename() << " has no case that is " << to_string(v);
    const RuleDef* rule = rule_named(file->rule);
    ASSERT_TRUE(rule) << path.filename() << ": no rule " << file->rule;
    std::string stem(rule->info.id);
    for (char& ch : stem) ch = ch == '-' ? '_' : static_cast<char>(std::tolower(ch));
    EXPECT_EQ(stem + "_" + std::string(rule->info.name), path.stem().string()) << "id and name make the name of the file";
  }
}

TEST(Cases, EveryFileHasARule) {
  for (const auto& entry : std::filesystem::directory_iterator(kFolder))
    if (entry.path().extension() == ".cases") {
      EXPECT_TRUE(std::filesystem::exists(kRules / entry.path().stem().concat(".cpp"))) << entry.path();
    }
}

// Every line of every rule's row is there: what holds does not mean is part of a rule.
TEST(Rules, RowsAreComplete) {
  for (const RuleDef* rule : all_rules()) {
    const RuleInfo& i = rule->info;
    for (std::string_view text : {i.id, i.name, i.says, i.because, i.not_claimed, i.look_at})
      EXPECT_FALSE(text.empty()) << i.id;
    EXPECT_TRUE(rule->on.any()) << i.id;
  }
}

}  // namespace mirrorscope::test

int main(int argc, char** argv) {
  using namespace mirrorscope;
  using namespace mirrorscope::test;
  testing::InitGoogleTest(&argc, argv);
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".cases") continue;
    const std::string stem = entry.path().stem();
    if (!kOneRule.empty() && stem != kOneRule) continue;
    auto file = read_cases(entry.path());
    const RuleDef* rule = file ? rule_named(file->rule) : nullptr;
    if (!rule) {
      fprintf(stderr, "%s\n", file ? ("no rule " + file->rule).c_str() : file.error().message.c_str());
      return 1;
    }
    for (const Case& c : file->cases)
      testing::RegisterTest(stem.c_str(), c.name.c_str(), nullptr, nullptr, __FILE__, c.line,
                            [rule, c, name = entry.path().filename().string()]() -> testing::Test* {
                              return new OneCase(rule, c, name);
                            });
  }
  return RUN_ALL_TESTS();
}
