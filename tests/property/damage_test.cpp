// SPDX-License-Identifier: Apache-2.0
// Whatever happens to the files of a trace: does it make a rule cry wolf, or keep quiet about what is gone? damage_test TRACE OTHER
//
// TRACE is a recording, or what the explorer wrote; OTHER is another one, from which foreign pieces come. MIRRORSCOPE_SEEDS says how many
// variants of each kind are tried (10), MIRRORSCOPE_FIRST_SEED which is the first (1), MIRRORSCOPE_KIND which kind alone,
// MIRRORSCOPE_KEEP a directory where the last variant stays.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "asked.h"
#include "damages.h"
#include "report/render/json.h"
#include "verify/replay.h"

namespace mirrorscope::test {

namespace {
namespace fs = std::filesystem;
fs::path g_trace, g_other;

// A directory that is gone afterwards.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "damage_test.XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Scratch() { fs::remove_all(path_); }
  fs::path trace() const { return path_ / "t"; }

 private:
  fs::path path_;
};

struct Judged {
  std::string refused;  // why it was not judged at all
  Report report;
  std::string json;
};

Judged judged(const fs::path& path, unsigned jobs) {
  auto replayed = replay(path, {{}, jobs, false});
  if (!replayed) return {replayed.error().message, {}, {}};
  Judged j{{}, std::move(replayed->report), {}};
  Document document;
  document.report = &j.report;
  j.json = to_json(document);
  return j;
}

struct Whole {
  TraceFiles files;
  Judged judged;
  bool recorded = false;
  std::map<std::string, uint64_t> broken;  // by the id of the rule
};

const Whole& whole() {
  static const Whole the_whole = [] {
    Whole w{TraceFiles::read(g_trace), judged(g_trace, 1), false, {}};
    auto reader = trace::Reader::open(g_trace);
    w.recorded = reader && reader->provenance().origin == trace::Origin::recorded;
    for (const RuleResult& r : w.judged.report.rules)
      if (r.verdict == Verdict::violated) w.broken[std::string(r.rule->info.id)] = r.broken;
    return w;
  }();
  return the_whole;
}

// A record of one of `needs` is not there any more.
EventSet taken_out(const Report& report) {
  EventSet out;
  for (size_t id = 0; id < EV_LIMIT; ++id)
    if (report.by_event[id] < whole().judged.report.by_event[id]) out.set(id);
  return out;
}

// Is more said to be lost than of the whole, which may lack something itself?
bool says_more(const Report& report) {
  const auto& known = whole().judged.report.losses;
  return !report.settled || std::any_of(report.losses.begin(), report.losses.end(), [&known](const LossCount& l) {
    return std::none_of(known.begin(), known.end(), [&l](const LossCount& k) {
      return k.cause == l.cause && k.event == l.event && k.count >= l.count && k.from <= l.from && k.until >= l.until;
    });
  });
}

void expect_sound(const Judged& j, Due due, const std::string& what) {
  if (!j.refused.empty()) {
    EXPECT_EQ(j.refused.find('\n'), std::string::npos) << what << ": " << j.refused;
    return;
  }
  if (due == Due::forged) return;
  const EventSet out = taken_out(j.report);
  EventSet about_kernel = out;
  for (size_t id = 200; id < EV_LIMIT; ++id) about_kernel.reset(id);  // what the recorder says of itself is not lost of the kernel
  const bool told = says_more(j.report);
  if ((about_kernel.any() || due == Due::loss) && !told) {
    ADD_FAILURE() << what << ": nothing is said to be lost, " << j.report.records << " records of " << whole().judged.report.records << " are read";
  }
  std::string hold;
  for (const RuleResult& r : j.report.rules) {
    const auto known = whole().broken.find(std::string(r.rule->info.id));
    if (r.verdict == Verdict::violated && (known == whole().broken.end() || r.broken > known->second))
      ADD_FAILURE() << what << ": " << r.rule->info.id << " is violated " << r.broken << " times, in the whole "
                    << (known == whole().broken.end() ? 0 : known->second) << "; first: " << r.findings.front().what << " at "
                    << r.findings.front().completing.time << " of CPU " << r.findings.front().completing.cpu;
    if (r.verdict == Verdict::holds && ((about_kernel & r.rule->needs).any() || due == Due::loss)) hold += " " + std::string(r.rule->info.id);
  }
  if (!hold.empty()) ADD_FAILURE() << what << ": holds although events that it needs are gone:" << hold;
}

// A verdict and what is broken never depend on the threads. What is doubtful does not either as long as no more is missing than from the whole. How many
// occasions were judged may: that a task which comes into another address space was inside of nothing is known to one engine, and not to two.
void expect_same(const Report& one, const Report& many, const std::string& what) {
  const bool as_whole = !says_more(one);
  EXPECT_EQ(one.records, many.records) << what;
  EXPECT_EQ(one.lost, many.lost) << what;
  EXPECT_EQ(one.settled, many.settled) << what;
  for (size_t i = 0; i < one.rules.size(); ++i) {
    EXPECT_EQ(to_string(one.rules[i].verdict), to_string(many.rules[i].verdict)) << what << ": " << one.rules[i].rule->info.id;
    EXPECT_EQ(one.rules[i].broken, many.rules[i].broken) << what << ": " << one.rules[i].rule->info.id;
    if (!as_whole) continue;
    EXPECT_LE(many.rules[i].held, one.rules[i].held) << what << ": " << one.rules[i].rule->info.id;
    EXPECT_EQ(one.rules[i].doubtful, many.rules[i].doubtful) << what << ": " << one.rules[i].rule->info.id;
    EXPECT_EQ(one.rules[i].findings.size(), many.rules[i].findings.size()) << what << ": " << one.rules[i].rule->info.id;
  }
}

class Damage : public testing::TestWithParam<DamageKind> {};

TEST_P(Damage, IsToldAndNeverBlamed) {
  static const TraceFiles other = TraceFiles::read(g_other);
  static Scratch scratch;
  const DamageKind& kind = GetParam();
  if (kind.needs_accounts && !whole().recorded) GTEST_SKIP() << "this trace was not recorded: nobody counted what belongs to it";
  uint64_t tried = 0, counts_differ = 0;
  const uint64_t first = asked("MIRRORSCOPE_FIRST_SEED", 1), end = first + asked("MIRRORSCOPE_SEEDS", 10);
  for (uint64_t seed = first; seed < end; ++seed) {
    Random random(seed);
    const Damaged d = kind.make(whole().files, other, random);
    if (d.what.empty()) continue;
    ++tried;
    const std::string what = std::string(kind.name) + ", seed " + std::to_string(seed) + ": " + d.what;
    d.trace.write(scratch.trace());
    if (const char* keep = std::getenv("MIRRORSCOPE_KEEP")) d.trace.write(keep);
    const Judged one = judged(scratch.trace(), 1);
    expect_sound(one, d.due, what);
    for (unsigned jobs : {2u, 8u}) {
      if (seed % 5) break;  // each costs as much as the rest
      const Judged many = judged(scratch.trace(), jobs);
      EXPECT_EQ(one.refused, many.refused) << what;
      if (d.due != Due::forged) expect_same(one.report, many.report, what + ": -j " + std::to_string(jobs));
      counts_differ += one.json != many.json;
    }
  }
  std::printf("%s: %llu variants, other counts with another -j in %llu\n", std::string(kind.name).c_str(),
              static_cast<unsigned long long>(tried), static_cast<unsigned long long>(counts_differ));
}

std::vector<DamageKind> chosen() {
  const char* one = std::getenv("MIRRORSCOPE_KIND");
  std::vector<DamageKind> kinds;
  for (const DamageKind& kind : damage_kinds())
    if (!one || kind.name == one) kinds.push_back(kind);
  return kinds;
}

std::string name_of(const testing::TestParamInfo<DamageKind>& kind) {
  std::string name;
  for (char c : kind.param.name)
    if (std::isalnum(static_cast<unsigned char>(c))) name += c;
  return name;
}
INSTANTIATE_TEST_SUITE_P(Of, Damage, testing::ValuesIn(chosen()), name_of);
}  // namespace

// What is taken away from must be good, or nothing follows from the rest.
TEST(TheWhole, IsReadAndJudged) {
  ASSERT_EQ(whole().judged.refused, "");
  size_t hold = 0, hard = 0;
  for (const RuleResult& r : whole().judged.report.rules) {
    hold += r.verdict == Verdict::holds;
    hard += r.verdict == Verdict::violated && r.rule->info.level == Level::hard;
  }
  for (unsigned jobs : {2u, 3u, 8u}) expect_same(whole().judged.report, judged(g_trace, jobs).report, "-j " + std::to_string(jobs));
  std::printf("%llu records, %zu rules hold, %zu are violated, %zu of them hard, %llu records lost\n",
              static_cast<unsigned long long>(whole().judged.report.records), hold, whole().broken.size(), hard,
              static_cast<unsigned long long>(whole().judged.report.lost));
  if (whole().recorded) {
    EXPECT_EQ(hard, 0u);
  }
}

}  // namespace mirrorscope::test

int main(int argc, char** argv) {
  if (argc < 3 || argv[1][0] == '-') {
    std::fprintf(stderr, "usage: %s TRACE OTHER [GTEST-OPTION...]\n", argv[0]);
    return 2;
  }
  mirrorscope::test::g_trace = argv[1];
  mirrorscope::test::g_other = argv[2];
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
