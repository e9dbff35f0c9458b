// SPDX-License-Identifier: Apache-2.0
// A trace in segments: it is one trace, and the oldest segments can go.
#include <sys/stat.h>

#include "vocabulary.h"

namespace mirrorscope::trace {
namespace {

using Rotation = TraceTest;
using Names = std::vector<std::string>;

TEST_F(Rotation, SegmentsReadAsOneTrace) {
  begin({.packet_bytes = 4096, .segment_bytes = 30000});
  for (int i = 0; i < 200; i++) {
    record(0, 20);
    record(1, 5);
    record(about_stream);
  }
  end();
  EXPECT_GT(files().size(), 10u);
  const Outcome o = read();
  EXPECT_EQ(o.lines, written);
  EXPECT_EQ(o.damages(), "");
  EXPECT_EQ(o.accounted, bytes_on_disk());
}

TEST_F(Rotation, OnRequest) {
  begin({.segment_bytes = 1 << 30});
  record(0, 3);
  record(about_stream);
  ASSERT_TRUE(writer->rotate());
  record(0, 3);
  record(1);
  ASSERT_TRUE(writer->rotate());
  end();
  EXPECT_EQ(files(), (Names{"0001/cpu_0", "0001/metadata", "0002/cpu_0", "0002/cpu_1", "0002/metadata", "0003/metadata",
                            "about/about", "about/metadata"}));
  EXPECT_EQ(read().lines, written);
}

TEST_F(Rotation, NeedsSegments) {
  begin();
  auto turned = writer->rotate();
  ASSERT_FALSE(turned);
  EXPECT_EQ(turned.error().message, path.string() + " was not created with segments");
}

TEST_F(Rotation, KeepsTheNewest) {
  begin({.segment_bytes = 1 << 30, .keep_segments = 2});
  for (int i = 0; i < 4; i++) {
    record(0, 10);
    record(about_stream);
    ASSERT_TRUE(writer->rotate());
  }
  record(0, 10);
  end();
  EXPECT_EQ(files(),
            (Names{"0004/cpu_0", "0004/metadata", "0005/cpu_0", "0005/metadata", "about/about", "about/metadata"}));
  const Outcome o = read();
  EXPECT_EQ(o.seqs(0), "30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49");
  EXPECT_EQ(o.seqs(about_stream), "0 1 2 3") << "what the records mean is kept";
  EXPECT_EQ(o.damages(), "");
  auto reader = Reader::open(path);
  ASSERT_TRUE(reader);
  EXPECT_EQ(reader->deleted_segments(), 3u);
}

TEST_F(Rotation, OneSegmentAloneIsATrace) {
  begin({.segment_bytes = 1 << 30});
  record(0, 3);
  ASSERT_TRUE(writer->rotate());
  record(0, 3);
  end();
  EXPECT_EQ(read_all(Reader::open(path / "0001")).seqs(0), "0 1 2");
}

TEST_F(Rotation, AMissingSegmentInTheMiddleIsNamed) {
  begin({.segment_bytes = 1 << 30});
  for (int i = 0; i < 3; i++) {
    record(0, 2);
    ASSERT_TRUE(writer->rotate());
  }
  end();
  std::filesystem::remove_all(path / "0002");
  const Outcome o = read();
  EXPECT_EQ(o.seqs(0), "0 1 4 5");
  EXPECT_EQ(o.damages(), (path / "0003/cpu_0").string() + ": packet 1 is not there, 2 records are missing\n");
}

TEST_F(Rotation, PermissionsOfSegments) {
  begin({.segment_bytes = 1 << 30});
  record(0);
  end();
  struct stat s {};
  ASSERT_EQ(stat((path / "0001").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 07777, 0700u);
  ASSERT_EQ(stat((path / "0001/cpu_0").c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 07777, 0600u);
}

}  // namespace
}  // namespace mirrorscope::trace
