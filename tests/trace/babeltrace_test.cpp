// SPDX-License-Identifier: Apache-2.0
// babeltrace2 counts what we count and reads the values that we wrote.
#include "vocabulary.h"

namespace mirrorscope::trace {
namespace {

class BabeltraceReads : public TraceTest {
 protected:
  // Runs it and holds its answer to ours.
  Babeltrace agree() {
    auto b = babeltrace(path);
    if (!b) {
      absent = true;
      return {};
    }
    EXPECT_EQ(b->exit_code, 0) << b->complaints;
    EXPECT_EQ(b->events, read().records());
    return *b;
  }
  bool absent = false;
};
#define SKIP_IF_ABSENT() \
  if (absent) GTEST_SKIP() << "needs babeltrace2"

TEST_F(BabeltraceReads, AllEventsWithoutAWarning) {
  begin({.packet_bytes = 4096});
  record(0, 2000);
  record(1, 500);
  record(about_stream, 40);
  end();
  const Babeltrace b = agree();
  SKIP_IF_ABSENT();
  EXPECT_EQ(b.events, 2540u);
  EXPECT_EQ(b.complaints, "");
}

TEST_F(BabeltraceReads, ATraceThatWasNotClosed) {
  begin();
  record(0, 2000);
  record(1, 1);
  flush();
  const Babeltrace b = agree();
  SKIP_IF_ABSENT();
  EXPECT_EQ(b.events, 2001u);
}

TEST_F(BabeltraceReads, HowManyWereDiscarded) {
  begin({.packet_bytes = 4096});
  record(0, 100);
  lose(0, 3);
  record(0, 100);
  lose(0, 4);
  lose(1, 20);  // a CPU of which nothing is left
  end();
  const Babeltrace b = agree();
  SKIP_IF_ABSENT();
  EXPECT_EQ(b.discarded, 27u) << b.complaints;
}

TEST_F(BabeltraceReads, DiscardedBeforeTheFirstRecord) {
  begin();
  lose(0, 9);
  record(0, 100);
  end();
  const Babeltrace b = agree();
  SKIP_IF_ABSENT();
  EXPECT_EQ(b.discarded, 9u) << b.complaints;
}

TEST_F(BabeltraceReads, Values) {
  begin();
  ev_inv_start_ret e{};
  e.h = {2'000'000'000, EV_inv_start_ret, 0, 7, 0xffff888012345678, 4242, 4200};
  e.start = 0x7f0000001000;
  e.end = 0x7f0000003000;
  e.seq = 18446744073709551615ull;
  e.reason = MS_reason_protection_vma;
  e.ret = -11;
  ASSERT_TRUE(writer->append(0, &e.h, sizeof e));
  ev_task_name n{};
  n.h = {2'000'000'001, EV_task_name, about_stream, 0, 0, 0, 0};
  n.task = 4242;
  std::memcpy(n.comm, "it is", 6);
  ASSERT_TRUE(writer->append(about_stream, &n.h, sizeof n));
  ev_lost l{};
  l.h = {2'000'000'002, EV_lost, about_stream, 1, 0, 0, 0};
  l.on_cpu = -1;
  l.cause = MS_loss_gap;
  l.event = 3;
  ASSERT_TRUE(writer->append(about_stream, &l.h, sizeof l));
  end();
  const Babeltrace b = agree();
  SKIP_IF_ABSENT();
  // 1700000000.123456789 + 2 s
  for (const char* text :
       {"22.123456789", "inv_start_ret: { cpu_id = 0 }",
        "{ cpu = 0, seq = 7, mm = 0xFFFF888012345678, tid = 4242, tgid = 4200 }",
        "start = 0x7F0000001000, end = 0x7F0000003000", "seq = 18446744073709551615",
        "reason = ( \"protection_vma\" : container = 2 )", "ret = -11 }", "task = 4242, process = 0, comm = \"it is\"",
        "cause = ( \"gap\" : container = 5 ), event = 3, on_cpu = -1"})
    EXPECT_NE(b.out.find(text), std::string::npos) << text << "\nnot in\n" << b.out;
}

TEST_F(BabeltraceReads, SegmentsAsOneTrace) {
  begin({.packet_bytes = 4096, .segment_bytes = 20000});
  for (int i = 0; i < 100; i++) {
    record(0, 20);
    record(1, 5);
    if (i == 30) lose(1, 6);
  }
  record(about_stream, 3);
  end();
  const Babeltrace b = agree();
  SKIP_IF_ABSENT();
  EXPECT_EQ(b.events, 2503u);
  EXPECT_EQ(b.discarded, 6u) << b.complaints;
}

// Joining segments, babeltrace2 turns two packets around that begin at the same time, and then meets a time that goes back.
TEST_F(BabeltraceReads, SegmentsOfPacketsThatWouldBeginAtOneTime) {
  begin({.packet_bytes = 4096, .segment_bytes = 1 << 30});
  uint32_t seq = 0;
  for (int round = 0; round < 20; round++) {
    if (round % 7 == 6) {
      ASSERT_TRUE(writer->rotate());
    }
    for (const uint16_t stream : {uint16_t{0}, about_stream}) {
      for (const uint64_t later : {0, 0, 0, 500}) {  // three packets of one time, the third of which goes on
        const AnyRecord r = record_of(EV_inv_end, stream, seq++, now + later);
        ASSERT_TRUE(writer->append(stream, &r.header(), r.size()));
        if (later == 0 && seq % 3 != 0) flush();
      }
      writer->discarded(stream, static_cast<uint64_t>(round) + 1);
      flush();
    }
    now += 501;
  }
  end();
  const Babeltrace b = agree();
  SKIP_IF_ABSENT();
  EXPECT_EQ(b.events, seq);
  EXPECT_EQ(b.discarded, 40u) << b.complaints;
  EXPECT_EQ(b.complaints.find("packet"), std::string::npos) << b.complaints;
}

}  // namespace
}  // namespace mirrorscope::trace
