// SPDX-License-Identifier: Apache-2.0
// A full disk: nothing that is on it is lost, what finds no room is counted, and with room it goes on.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "vocabulary.h"

namespace mirrorscope::trace {
namespace {

class DiskFull : public TraceTest {
 protected:
  // Gives the test a disk of its own; the reason why not otherwise.
  std::string small_disk(const char* size) {
    const int flags = getuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;
    if (unshare(flags) != 0) return std::string("cannot have a mount namespace: ") + std::strerror(errno);
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", folder.c_str(), "tmpfs", 0, (std::string("size=") + size).c_str()) != 0)
      return std::string("cannot mount a tmpfs: ") + std::strerror(errno);
    mounted = true;
    return {};
  }
  void TearDown() override {
    writer.reset();
    if (mounted) umount(folder.c_str());
  }

  // Appends one record to each of two CPUs; how many errors came back.
  int try_record() {
    int errors = 0;
    for (uint16_t cpu = 0; cpu < 2; cpu++) {
      const AnyRecord r = record_of(EV_cb_ret, cpu, seq, now += 100);
      auto taken = writer->append(cpu, &r.header(), r.size());
      if (!taken) errors++, message = taken.error().message, code = taken.error().code;
    }
    seq++;
    return errors;
  }

  bool mounted = false;
  uint32_t seq = 0;
  std::string message;
  int code = 0;
};

TEST_F(DiskFull, OneErrorThenCountedLossesThenOnItGoes) {
  if (const std::string why = small_disk("600k"); !why.empty()) GTEST_SKIP() << why;
  begin({.packet_bytes = 16384});
  { std::ofstream(folder / "ballast") << std::string(200 * 1024, 'x'); }
  int errors = 0;
  for (int i = 0; i < 5000; i++) errors += try_record();
  EXPECT_EQ(errors, 1);
  EXPECT_EQ(code, ENOSPC);
  EXPECT_EQ(message.substr(message.find(": ")), ": No space left on device");
  const Outcome full = read();
  EXPECT_EQ(full.damages(), "");
  EXPECT_GT(full.records(), 500u);

  std::filesystem::remove(folder / "ballast");
  for (int i = 0; i < 400; i++) errors += try_record();
  EXPECT_EQ(errors, 1) << "with room there is no error";
  auto closed = writer->close();
  EXPECT_TRUE(closed) << closed.error().message;

  const Outcome o = read();
  EXPECT_EQ(o.damages(), "");
  uint64_t lost = 0;
  for (uint16_t cpu = 0; cpu < 2; cpu++) {
    const DiskLoss& loss = writer->disk_losses().at({cpu, ENOSPC});
    EXPECT_EQ(o.raw.at(cpu).size() + loss.records, seq) << "sent = delivered + lost";
    EXPECT_EQ(o.raw.at(cpu).back().header().seq, seq - 1) << "the last record is there again";
    lost += loss.records;
    // Every missing record lies within the loss's times.
    uint32_t next = 0;
    for (const AnyRecord& r : o.raw.at(cpu)) {
      for (; next < r.header().seq; next++) {
        const uint64_t time = 1'000'000 + 200 * next + 100 * (cpu + 1u);
        EXPECT_TRUE(loss.from <= time && time <= loss.until);
      }
      next++;
    }
  }
  const auto b = babeltrace(path);
  if (!b) GTEST_SKIP() << "the rest needs babeltrace2";
  EXPECT_EQ(b->exit_code, 0) << b->complaints;
  EXPECT_EQ(b->events, o.records());
  EXPECT_EQ(b->discarded, lost);
}

TEST_F(DiskFull, ASecondShortageIsReportedAgain) {
  if (const std::string why = small_disk("400k"); !why.empty()) GTEST_SKIP() << why;
  begin({.packet_bytes = 16384});
  { std::ofstream(folder / "ballast") << std::string(200 * 1024, 'x'); }
  int errors = 0;
  for (int i = 0; i < 3000; i++) errors += try_record();
  EXPECT_EQ(errors, 1);
  std::filesystem::remove(folder / "ballast");
  for (int i = 0; i < 3000; i++) errors += try_record();
  EXPECT_EQ(errors, 2);
}

TEST_F(DiskFull, FullFromTheBeginning) {
  if (const std::string why = small_disk("100k"); !why.empty()) GTEST_SKIP() << why;
  { std::ofstream(folder / "ballast") << std::string(200 * 1024, 'x'); }
  auto made = Writer::create(path, somewhere());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ENOSPC);
}

TEST_F(DiskFull, AFailedFlushKeepsItsRecords) {
  if (const std::string why = small_disk("100k"); !why.empty()) GTEST_SKIP() << why;
  begin({.packet_bytes = 16384});
  { std::ofstream(folder / "ballast") << std::string(200 * 1024, 'x'); }
  try_record();
  auto flushed = writer->flush();
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, ENOSPC);
  EXPECT_TRUE(writer->flush()) << "said once";
  std::filesystem::remove(folder / "ballast");
  EXPECT_TRUE(writer->close());
  EXPECT_EQ(read().records(), 2u);
  EXPECT_TRUE(writer->disk_losses().empty());
}

// A limit can end a write inside a page.
TEST_F(DiskFull, FileSizeLimit) {
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, SIG_IGN);
  begin({.packet_bytes = 16384});
  rlimit small = before;
  small.rlim_cur = 100'001;
  setrlimit(RLIMIT_FSIZE, &small);
  int errors = 0;
  for (int i = 0; i < 3000; i++) errors += try_record();
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(errors, 1);
  EXPECT_EQ(code, EFBIG);
  const Outcome o = read();
  EXPECT_EQ(o.damages(), "");
  EXPECT_GT(o.records(), 500u);
  const auto b = babeltrace(path);
  if (!b) GTEST_SKIP() << "the rest needs babeltrace2";
  EXPECT_EQ(b->exit_code, 0) << b->complaints;
  EXPECT_EQ(b->events, o.records());
}

}  // namespace
}  // namespace mirrorscope::trace
