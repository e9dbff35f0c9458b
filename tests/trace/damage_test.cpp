// SPDX-License-Identifier: Apache-2.0
// Damaged bytes: what is delivered is right, what is not is named, and the two add up.
#include <algorithm>
#include <random>

#include "trace/metadata.h"
#include "vocabulary.h"

namespace mirrorscope::trace {
namespace {

class Damaged : public TraceTest {
 protected:
  // Four packets of one page each with 45 records in all, and the bytes of that stream.
  void SetUp() override {
    begin({.packet_bytes = 4096});
    for (int i = 0; i < 4; i++) {
      record(0, 11);
      flush();
    }
    record(0, 1);
    end();
    whole = bytes_of(path / "cpu_0");
    ASSERT_EQ(whole.size(), 5 * 4096u);
    clean = read().raw[0];
    ASSERT_EQ(clean.size(), 45u);
  }

  Outcome read(const std::string& bytes) const {
    const MemoryStream stream{"cpu_0", std::as_bytes(std::span(bytes))};
    return read_all(Reader::from_memory(metadata, {&stream, 1}));
  }
  using TraceTest::read;

  // Whatever was done to the bytes: all are accounted for, what is delivered was written, in order, and each record
  // that is missing lies within the times of some damage. `unseen`: records from this one on may be missing without a
  // trace.
  void expect_honest(const std::string& bytes, size_t unseen = SIZE_MAX) {
    const Outcome o = read(bytes);
    ASSERT_EQ(o.error, "");
    EXPECT_EQ(o.accounted, bytes.size()) << o.damages();
    const auto it = o.raw.find(0);
    const std::vector<AnyRecord> got = it == o.raw.end() ? std::vector<AnyRecord>() : it->second;
    size_t at = 0;
    for (size_t i = 0; i < clean.size(); i++) {
      if (at < got.size() && got[at].bytes == clean[i].bytes) {
        at++;
        continue;
      }
      const uint64_t time = clean[i].header().time;
      const auto covers = [time](const Damage& d) { return d.first_time <= time && time <= d.last_time; };
      EXPECT_TRUE(i >= unseen || std::any_of(o.damage.begin(), o.damage.end(), covers))
          << "record " << i << " is missing and nobody says so\n"
          << o.damages();
    }
    EXPECT_EQ(at, got.size()) << "a record was delivered that was not written, or out of order";
  }

  const std::string metadata = metadata_text(somewhere());
  std::string whole;
  std::vector<AnyRecord> clean;
};

TEST_F(Damaged, NothingWhenNothingIsDamaged) {
  const Outcome o = read(whole);
  EXPECT_EQ(o.records(), 45u);
  EXPECT_EQ(o.damages(), "");
}

TEST_F(Damaged, CutAtEveryByte) {
  for (size_t size = 0; size < whole.size(); size++) {
    SCOPED_TRACE(size);
    // Between two packets nothing shows that something is missing, except that the record `stopped` is not there.
    expect_honest(whole.substr(0, size), size % 4096 == 0 ? size / 4096 * 11 : SIZE_MAX);
    if (HasFailure()) break;
  }
}

TEST_F(Damaged, ABitFlippedInEveryByte) {
  for (size_t at = 0; at < whole.size(); at++) {
    SCOPED_TRACE(at);
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
    expect_honest(bytes);
    if (HasFailure()) break;
  }
}

TEST_F(Damaged, AByteTakenOutAnywhere) {
  for (size_t at = 0; at < whole.size(); at += 37) {
    SCOPED_TRACE(at);
    std::string bytes = whole;
    bytes.erase(at, 1);
    expect_honest(bytes);
    if (HasFailure()) break;
  }
}

TEST_F(Damaged, AByteInsertedAnywhere) {
  for (size_t at = 0; at < whole.size(); at += 37) {
    SCOPED_TRACE(at);
    std::string bytes = whole;
    bytes.insert(at, 1, 'x');
    expect_honest(bytes);
    if (HasFailure()) break;
  }
}

TEST_F(Damaged, ShuffledBlocks) {
  std::mt19937 random(1);
  for (size_t block : {64u, 512u, 4096u, 8192u}) {
    for (int round = 0; round < 200; round++) {
      std::vector<std::string> blocks;
      for (size_t at = 0; at < whole.size(); at += block) blocks.push_back(whole.substr(at, block));
      std::shuffle(blocks.begin(), blocks.end(), random);
      std::string bytes;
      for (const std::string& b : blocks) bytes += b;
      SCOPED_TRACE(block);
      // Whatever comes last in the file, what followed it in the clean trace may be gone unseen only if no damage is
      // open.
      const Outcome o = read(bytes);
      EXPECT_EQ(o.accounted, bytes.size());
      uint64_t time = 0;
      for (const auto& [stream, list] : o.raw)
        for (const AnyRecord& r : list) {
          EXPECT_LE(time, r.header().time);
          time = r.header().time;
          EXPECT_EQ(to_text(r.header()), to_text(clean[r.header().seq].header()));
        }
      EXPECT_EQ(o.records() < clean.size(), !o.damage.empty()) << o.damages();
      if (HasFailure()) return;
    }
  }
}

TEST_F(Damaged, RandomBytesInRandomPlaces) {
  std::mt19937 random(2);
  for (int round = 0; round < 3000; round++) {
    std::string bytes = whole;
    for (unsigned hits = random() % 4 + 1; hits > 0; hits--)
      for (size_t at = random() % bytes.size(), n = random() % 300; n > 0 && at < bytes.size(); at++, n--)
        bytes[at] = static_cast<char>(random());
    expect_honest(bytes);
    if (HasFailure()) break;
  }
}

// --- exactly what is said
// ---------------------------------------------------------------------------------------------

TEST_F(Damaged, ABadRecordCostsItsPacket) {
  whole[4096 + 500] ^= 1;
  const Outcome o = read(whole);
  ASSERT_EQ(o.damage.size(), 1u);
  const Damage& d = o.damage[0];
  EXPECT_EQ(to_text(d),
            "cpu_0: the checksum of the records does not match, bytes 4096 to 8191 are not delivered, 11 records are "
            "missing");
  EXPECT_EQ(d.cause, MS_loss_corrupt);
  EXPECT_EQ(d.first_time, clean[10].header().time);
  EXPECT_EQ(d.last_time, clean[22].header().time);
  EXPECT_EQ(o.records(), 34u);
  const ev_lost lost = lost_record(d);
  EXPECT_EQ(to_text(lost.h),
            "[0.001001100] cpu0 #0 0/0 lost mm=0x0 from=1001100 until=1002300 count=11 cause=corrupt event=0 on_cpu=0");
}

TEST_F(Damaged, ABadHeadCostsItsPacket) {
  whole[4096 + 4 * 16] ^= 1;
  const Outcome o = read(whole);
  EXPECT_EQ(o.damages(),
            "cpu_0: the packet's head is damaged, bytes 4096 to 8191 are not delivered, 11 records are missing\n");
}

TEST_F(Damaged, ACutFileIsTruncated) {
  const Outcome o = read(whole.substr(0, 3 * 4096 + 300));
  ASSERT_EQ(o.damage.size(), 1u);
  EXPECT_EQ(to_text(o.damage[0]), "cpu_0: the file ends inside a packet, bytes 12288 to 12587 are not delivered");
  EXPECT_EQ(o.damage[0].cause, MS_loss_truncated);
  EXPECT_EQ(o.damage[0].last_time, UINT64_MAX);
}

TEST_F(Damaged, NeighboursAreOneDamage) {
  whole[1 * 4096 + 500] ^= 1;
  whole[2 * 4096 + 500] ^= 1;
  const Outcome o = read(whole);
  EXPECT_EQ(o.damages(),
            "cpu_0: the checksum of the records does not match, bytes 4096 to 12287 are not delivered, 22 records are "
            "missing\n");
}

TEST_F(Damaged, APacketThatIsNotThere) {
  const Outcome o = read(whole.substr(0, 4096) + whole.substr(2 * 4096));
  EXPECT_EQ(o.damages(), "cpu_0: packet 1 is not there, 11 records are missing\n");
}

TEST_F(Damaged, TheFirstPacketIsNotThere) {
  const Outcome o = read(whole.substr(2 * 4096));
  EXPECT_EQ(o.damages(), "cpu_0: packets 0 to 1 are not there\n");
}

TEST_F(Damaged, APacketTwice) {
  const Outcome o = read(whole.substr(0, 4096) + whole);
  EXPECT_EQ(o.records(), 45u);
  EXPECT_EQ(o.damages(), "cpu_0: packet 0 where packet 1 belongs, bytes 4096 to 8191 are not delivered\n");
}

TEST_F(Damaged, ThePacketsOfAnotherCpu) {
  const MemoryStream stream{"cpu_1", std::as_bytes(std::span(whole))};
  const Outcome o = read_all(Reader::from_memory(metadata_text(somewhere()), {&stream, 1}));
  EXPECT_EQ(o.damages(), "cpu_1: the packet belongs to another stream, bytes 0 to 20479 are not delivered\n");
}

TEST_F(Damaged, ThePacketsOfAnotherTrace) {
  Provenance other = somewhere();
  other.uuid[0] ^= 1;
  const MemoryStream stream{"cpu_0", std::as_bytes(std::span(whole))};
  const Outcome o = read_all(Reader::from_memory(metadata_text(other), {&stream, 1}));
  EXPECT_EQ(o.damages(), "cpu_0: the packet belongs to another trace, bytes 0 to 20479 are not delivered\n");
}

TEST_F(Damaged, AFileOfAnotherName) {
  overwrite(path / "cpu_x", "abc");
  const Outcome o = read();
  EXPECT_EQ(o.records(), 45u);
  EXPECT_EQ(o.damages(),
            (path / "cpu_x").string() + ": the name is not one of a stream, bytes 0 to 2 are not delivered\n");
}

TEST_F(Damaged, RoomThatWasNeverFilledIsNoDamage) {
  std::filesystem::remove_all(path);
  begin();
  written.clear();
  record(1, 20);
  flush();
  const Outcome o = read();
  EXPECT_EQ(o.damages(), "");
  EXPECT_GT(bytes_on_disk(), 60000u);
  EXPECT_EQ(o.accounted, bytes_on_disk());
}

}  // namespace
}  // namespace mirrorscope::trace
