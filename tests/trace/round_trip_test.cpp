// SPDX-License-Identifier: Apache-2.0
// What was written is what is read.
#include <sys/stat.h>
#include <algorithm>

#include "trace/reading/merge.h"
#include "vocabulary.h"

namespace mirrorscope::trace {
namespace {

using RoundTrip = TraceTest;

TEST_F(RoundTrip, EveryRecordComesBackAsItWas) {
  begin();
  record(0, 1000);
  record(3, 200);
  record(about_stream, 10);
  end();
  const Outcome o = read();
  EXPECT_EQ(o.error, "");
  EXPECT_EQ(o.lines, written);
  EXPECT_EQ(o.damages(), "");
  EXPECT_EQ(o.accounted, bytes_on_disk());
}

TEST_F(RoundTrip, ManyPackets) {
  begin({.packet_bytes = 4096});
  for (int i = 0; i < 300; i++) {
    record(0, 10);
    record(1, 3);
    if (i % 17 == 0) flush();
  }
  end();
  const Outcome o = read();
  EXPECT_EQ(o.lines, written);
  EXPECT_EQ(o.damages(), "");
  EXPECT_EQ(o.accounted, bytes_on_disk());
}

TEST_F(RoundTrip, ABatchLargerThanAPacketIsSplit) {
  begin({.packet_bytes = 4096});
  std::vector<std::byte> batch;
  for (uint32_t i = 0; i < 500; i++) {
    const AnyRecord r = record_of(EV_cb_ret, 2, i, 1'000'000 + i);
    batch.insert(batch.end(), r.bytes.begin(), r.bytes.begin() + static_cast<long>(r.size()));
    written[2].push_back(to_text(r.header()));
  }
  auto taken = writer->append(2, reinterpret_cast<const ev_header*>(batch.data()), batch.size());
  EXPECT_TRUE(taken);
  end();
  EXPECT_EQ(read().lines, written);
}

TEST_F(RoundTrip, NothingRecorded) {
  begin();
  end();
  EXPECT_EQ(files(), std::vector<std::string>{"metadata"});
  const Outcome o = read();
  EXPECT_EQ(o.error, "");
  EXPECT_EQ(o.records(), 0u);
}

TEST_F(RoundTrip, WhatWasFlushedIsThereWithoutClose) {
  begin();
  record(0, 100);
  flush();
  record(0, 50);  // never flushed
  const Outcome o = read();
  EXPECT_EQ(o.records(), 100u);
  EXPECT_EQ(o.damages(), "");
  EXPECT_EQ(o.accounted, bytes_on_disk());
}

TEST_F(RoundTrip, ProvenanceComesBack) {
  begin();
  end();
  auto reader = Reader::open(path);
  ASSERT_TRUE(reader);
  const Provenance& p = reader->provenance();
  const Provenance s = somewhere();
  EXPECT_EQ(p.recorder, s.recorder);
  EXPECT_EQ(p.kernel_release, s.kernel_release);
  EXPECT_EQ(p.kernel_version, s.kernel_version);
  EXPECT_EQ(p.machine, s.machine);
  EXPECT_EQ(p.boot_id, s.boot_id);
  EXPECT_EQ(p.uuid, s.uuid);
  EXPECT_EQ(p.schema, schema_hash);
  EXPECT_EQ(p.started, s.started);
  EXPECT_EQ(p.clock_offset, s.clock_offset);
  EXPECT_EQ(p.cpus, s.cpus);
  EXPECT_EQ(p.raw_addresses, false);
}

TEST_F(RoundTrip, DiscardedIsKnownUpToTheRecord) {
  begin({.packet_bytes = 4096});
  record(0, 1);
  flush();
  lose(0, 5);
  record(0, 1);
  flush();
  lose(0, 2);
  end();
  auto reader = Reader::open(path);
  ASSERT_TRUE(reader);
  Cursor c = reader->cursor(0);
  EXPECT_EQ(c.next()->seq, 0u);
  EXPECT_EQ(c.discarded(), 0u);
  EXPECT_EQ(c.next()->seq, 6u);
  EXPECT_EQ(c.discarded(), 5u);
  EXPECT_EQ(c.next(), nullptr);
  EXPECT_EQ(c.discarded(), 7u);
  EXPECT_EQ(c.next(), nullptr) << "the end stays the end";
}

TEST_F(RoundTrip, MergeOrdersByTime) {
  begin({.packet_bytes = 4096});
  for (int i = 0; i < 400; i++) record(static_cast<uint16_t>((i * 7) % 5));
  end();
  auto reader = Reader::open(path);
  ASSERT_TRUE(reader);
  Merge merge(*reader);
  uint64_t time = 0;
  size_t count = 0;
  while (const ev_header* r = merge.next()) {
    EXPECT_LT(time, r->time);
    time = r->time;
    count++;
  }
  EXPECT_EQ(count, 400u);
  EXPECT_EQ(merge.damages(), 0u);
}

TEST_F(RoundTrip, MergeOfTheWantedPacketsOnly) {
  begin({.packet_bytes = 4096});
  for (int i = 0; i < 4000; i++) record(static_cast<uint16_t>((i * 7) % 5));
  end();
  auto reader = Reader::open(path);
  ASSERT_TRUE(reader);
  std::vector<uint64_t> all;
  Merge everything(*reader);
  while (const ev_header* r = everything.next()) all.push_back(r->time);
  ASSERT_EQ(all.size(), 4000u);
  const uint64_t from = all[1900], until = all[2100];
  Merge merge(*reader, nullptr, [&](uint64_t first, uint64_t last) { return first <= until && last >= from; });
  std::vector<uint64_t> some;
  while (const ev_header* r = merge.next()) some.push_back(r->time);
  EXPECT_TRUE(std::is_sorted(some.begin(), some.end()));
  EXPECT_LT(some.size(), all.size() / 4) << "whole packets of every stream are left out";
  const auto within = [&](uint64_t t) { return from <= t && t <= until; };
  EXPECT_EQ(std::count_if(some.begin(), some.end(), within), 201) << "and none that is wanted";
  EXPECT_EQ(merge.damages(), 0u) << "what is left out is not missing";
}

TEST_F(RoundTrip, RecordsOutliveTheReadersMove) {
  begin();
  record(0, 10);
  end();
  auto opened = Reader::open(path);
  ASSERT_TRUE(opened);
  Cursor cursor = opened->cursor(0);
  const ev_header* first = cursor.next();
  const Reader moved = *std::move(opened);
  EXPECT_EQ(to_text(*first), written[0][0]);
  EXPECT_EQ(to_text(*cursor.next()), written[0][1]);
}

TEST_F(RoundTrip, OnlyTheOwnerMayRead) {
  begin();
  record(0, 1);
  end();
  struct stat s {};
  ASSERT_EQ(stat(path.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 07777, 0700u);
  for (const std::string& name : files()) {
    ASSERT_EQ(stat((path / name).c_str(), &s), 0);
    EXPECT_EQ(s.st_mode & 07777, 0600u) << name;
  }
}

// --- what the Writer refuses
// -------------------------------------------------------------------------------------------

class WriterRefuses : public TraceTest {
 protected:
  std::string append(uint16_t stream, const AnyRecord& r, size_t bytes) {
    auto taken = writer->append(stream, &r.header(), bytes);
    return taken ? "" : taken.error().message;
  }
};

TEST_F(WriterRefuses, RecordsThatBreakTheOrder) {
  begin();
  const AnyRecord late = record_of(EV_inv_start, 0, 0, 2'000'000);
  const AnyRecord early = record_of(EV_inv_start, 0, 1, 1'999'999);
  EXPECT_EQ(append(0, late, late.size()), "");
  EXPECT_EQ(append(0, early, early.size()),
            "cannot write a record into stream cpu_0 because it is older than the one before it: Invalid argument");
  EXPECT_EQ(append(1, late, late.size()),
            "cannot write a record into stream cpu_1 because it belongs to another stream: Invalid argument");
  EXPECT_EQ(append(0, late, late.size() - 8),
            "cannot write a record into stream cpu_0 because it has an unknown id or is cut off: Invalid argument");
  end();
  EXPECT_EQ(read().seqs(0), "0");
}

TEST_F(WriterRefuses, ADirectoryThatIsNotEmpty) {
  std::filesystem::create_directory(path);
  overwrite(path / "letter", "dear");
  auto made = Writer::create(path, somewhere());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, path.string() + " exists and is not empty; a trace needs a directory of its own");
  EXPECT_EQ(bytes_of(path / "letter"), "dear");
}

TEST_F(WriterRefuses, AFileInTheWay) {
  overwrite(path, "dear");
  auto made = Writer::create(path, somewhere());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, path.string() + " exists and is no directory");
}

TEST_F(WriterRefuses, AFolderThatIsNotThere) {
  auto made = Writer::create(folder / "no" / "t", somewhere());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "cannot create " + (folder / "no" / "t").string() + ": No such file or directory");
  EXPECT_EQ(made.error().code, ENOENT);
}

TEST_F(WriterRefuses, NotAnEmptyDirectory) {
  std::filesystem::create_directory(path);
  begin();
  record(0, 1);
  end();
  EXPECT_EQ(read().records(), 1u);
}

}  // namespace
}  // namespace mirrorscope::trace
