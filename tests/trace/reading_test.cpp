// SPDX-License-Identifier: Apache-2.0
// How streams get into memory: files that change or fail while they are read, holes, packets of all sizes, records that
// are looked at later.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "trace/metadata.h"
#include "trace/reading/merge.h"
#include "vocabulary.h"

namespace mirrorscope::trace {
namespace {

using Reading = TraceTest;

// What is left of a cursor's records, and all its damage.
Outcome rest_of(Cursor& cursor) {
  Outcome o;
  while (const ev_header* r = cursor.next()) {
    AnyRecord copy;
    std::memcpy(copy.bytes.data(), r, record_sizes[r->id]);
    o.raw[cursor.stream()].push_back(copy);
    o.lines[cursor.stream()].push_back(to_text(*r));
  }
  o.accounted = cursor.good_bytes();
  for (const Damage& d : cursor.damage()) o.damage.push_back(d), o.accounted += d.bytes;
  return o;
}

// Bytes in memory of which some cannot be read; counts what is asked for.
class Disk final : public Source {
 public:
  explicit Disk(std::shared_ptr<const Source> under) : under_(std::move(under)) {}
  void fails(uint64_t from, uint64_t until) { bad_.emplace_back(from, until); }

  uint64_t size() const override { return under_->size(); }
  Got read(uint64_t offset, std::span<std::byte> room) const override {
    calls++;
    size_t good = room.size();
    for (const auto& [from, until] : bad_)
      if (offset < until && offset + good > from) good = from > offset ? static_cast<size_t>(from - offset) : 0;
    const Got got = under_->read(offset, room.first(good));
    bytes += got.bytes;
    return {got.bytes, good < room.size() ? EIO : got.error};
  }
  uint64_t next_data(uint64_t offset) const override { return under_->next_data(offset); }

  mutable uint64_t calls = 0;
  mutable uint64_t bytes = 0;

 private:
  std::shared_ptr<const Source> under_;
  std::vector<std::pair<uint64_t, uint64_t>> bad_;
};

// A terabyte of nothing that was ever written.
class Emptiness final : public Source {
 public:
  uint64_t size() const override { return uint64_t{1} << 40; }
  Got read(uint64_t, std::span<std::byte> room) const override {
    if (!room.empty()) std::memset(room.data(), 0, room.size());
    return {room.size(), 0};
  }
};

std::shared_ptr<const Source> file(const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat s {};
  EXPECT_EQ(fstat(fd, &s), 0);
  return file_source(fd, static_cast<uint64_t>(s.st_size));
}

// --- files that change
// ---------------------------------------------------------------------------------------------

TEST_F(Reading, AFileThatBecomesShorter) {
  begin({.packet_bytes = 4096});
  record(0, 3000);
  end();
  const std::string whole = bytes_of(path / "cpu_0");
  ASSERT_GT(whole.size(), 4 * Stretch::least_ahead);
  const auto reader = Reader::open(path);
  ASSERT_TRUE(reader);
  for (const size_t size : {size_t{0}, size_t{4096}, whole.size() / 8192 * 4096, whole.size() / 2 + 77, whole.size() - 1}) {
    SCOPED_TRACE(size);
    overwrite(path / "cpu_0", whole);  // the same file
    Cursor cursor = reader->cursor(0);
    ASSERT_NE(cursor.next(), nullptr);
    ASSERT_EQ(truncate((path / "cpu_0").c_str(), static_cast<off_t>(size)), 0);
    const Outcome o = rest_of(cursor);
    EXPECT_EQ(o.accounted, whole.size());
    ASSERT_EQ(o.damage.size(), 1u) << o.damages();
    EXPECT_EQ(o.damage[0].what, "the file became shorter while it was read");
    EXPECT_EQ(o.damage[0].cause, MS_loss_truncated);
    EXPECT_EQ(o.damage[0].last_time, UINT64_MAX);
    EXPECT_GE(o.damage[0].offset, size / 4096 * 4096) << "what was whole is delivered";
    for (size_t i = 0; i < o.lines.at(0).size(); i++) ASSERT_EQ(o.lines.at(0)[i], written[0][i + 1]);
  }
}

TEST_F(Reading, AFileThatGrows) {
  begin({.packet_bytes = 4096});
  record(0, 100);
  flush();
  const auto reader = Reader::open(path);
  ASSERT_TRUE(reader);
  const uint64_t size = reader->streams()[0].bytes;
  Cursor cursor = reader->cursor(0);
  ASSERT_NE(cursor.next(), nullptr);
  record(0, 5000);
  end();
  const Outcome o = rest_of(cursor);
  EXPECT_EQ(o.damages(), "");
  EXPECT_EQ(o.accounted, size);
  EXPECT_GE(o.records(), 99u);
  for (size_t i = 0; i < o.lines.at(0).size(); i++) ASSERT_EQ(o.lines.at(0)[i], written[0][i + 1]);
}

// The packet lies across the place where the file ended: it was not there when the trace was opened.
TEST_F(Reading, APacketThatIsWrittenMeanwhile) {
  begin();
  record(0, 100);
  flush();
  const auto reader = Reader::open(path);
  ASSERT_TRUE(reader);
  const uint64_t size = reader->streams()[0].bytes;
  record(0, 5000);
  end();
  Cursor cursor = reader->cursor(0);
  const Outcome o = rest_of(cursor);
  EXPECT_EQ(o.damages(), "");
  EXPECT_EQ(o.accounted, size);
  EXPECT_EQ(o.records(), 100u);
}

TEST_F(Reading, AFileThatIsDeleted) {
  begin();
  record(0, 20000);
  end();
  const auto reader = Reader::open(path);
  std::filesystem::remove_all(path);
  EXPECT_EQ(read_all(reader).lines, written);
}

// --- disks that fail
// ---------------------------------------------------------------------------------------------

TEST_F(Reading, ADiskThatFails) {
  begin({.packet_bytes = 4096});
  for (int i = 0; i < 200; i++) {
    record(0, 5);
    flush();
  }
  end();
  ASSERT_EQ(bytes_on_disk(), 200 * 4096u);
  const auto disk = std::make_shared<Disk>(file(path / "cpu_0"));
  disk->fails(5 * 4096, 7 * 4096);          // heads
  disk->fails(50 * 4096 + 200, 51 * 4096);  // records
  disk->fails(disk->size() - 4096, disk->size());
  const StreamPart part{"cpu_0", disk, {}};
  Cursor cursor(0, somewhere().uuid, {&part, 1});
  const Outcome o = rest_of(cursor);
  EXPECT_EQ(o.accounted, disk->size());
  EXPECT_EQ(o.damages(),
            "cpu_0: it cannot be read: Input/output error, bytes 20480 to 32767 are not delivered, 15 records are missing\n"
            "cpu_0: it cannot be read: Input/output error, bytes 204800 to 208895 are not delivered, 5 records are missing\n"
            "cpu_0: it cannot be read: Input/output error, bytes 815104 to 819199 are not delivered\n");
  EXPECT_EQ(o.damage[0].cause, MS_loss_corrupt);
  EXPECT_EQ(o.records(), 200 * 5 - 15 - 5 - 5u);
}

TEST_F(Reading, ADiskThatFailsWholly) {
  const auto disk = std::make_shared<Disk>(std::make_shared<Emptiness>());
  disk->fails(0, disk->size());
  const StreamPart part{"cpu_0", disk, {}};
  Cursor cursor(0, somewhere().uuid, {&part, 1});
  EXPECT_EQ(cursor.next(), nullptr);
  ASSERT_EQ(cursor.damage().size(), 1u);
  EXPECT_EQ(cursor.damage()[0].bytes, disk->size());
  EXPECT_LT(disk->calls, 2000u);
}

// --- holes
// ---------------------------------------------------------------------------------------------

TEST_F(Reading, AHoleIsPassedOver) {
  begin({.packet_bytes = 4096});
  record(0, 11);
  flush();
  record(0, 11);
  end();
  const std::string whole = bytes_of(path / "cpu_0");
  ASSERT_EQ(whole.size(), 2 * 4096u);
  constexpr off_t far = off_t{64} << 30;
  const int fd = open((path / "cpu_0").c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(ftruncate(fd, 4096), 0);
  if (ftruncate(fd, far + far) != 0 || lseek(fd, 4096, SEEK_DATA) != -1) {
    close(fd);
    GTEST_SKIP() << "this file system has no holes";
  }
  ASSERT_EQ(pwrite(fd, whole.data() + 4096, 4096, far), 4096);
  close(fd);
  const auto disk = std::make_shared<Disk>(file(path / "cpu_0"));
  const StreamPart part{"cpu_0", disk, {}};
  Cursor cursor(0, somewhere().uuid, {&part, 1});
  const Outcome o = rest_of(cursor);
  EXPECT_EQ(o.lines, written);
  EXPECT_EQ(o.damages(),
            "cpu_0: no packet begins here, bytes 4096 to 68719476735 are not delivered\n"
            "cpu_0: no packet begins here, bytes 68719480832 to 137438953471 are not delivered\n");
  EXPECT_EQ(o.accounted, disk->size());
  EXPECT_LT(disk->bytes, 4u << 20);
}

// --- packets and buffers
// ---------------------------------------------------------------------------------------------

TEST_F(Reading, PacketsOfEverySize) {
  for (const size_t packet : {size_t{4096}, size_t{20480}, Stretch::most_ahead, Stretch::most_ahead + 4096, size_t{3} << 20}) {
    SCOPED_TRACE(packet);
    std::filesystem::remove_all(path);
    written.clear();
    begin({.packet_bytes = packet});
    for (int i = 0; i < 40; i++) {
      record(0, 1000);
      if (i % 3 == 0) flush();
    }
    end();
    const Outcome o = read();
    EXPECT_EQ(o.damages(), "");
    EXPECT_EQ(o.accounted, bytes_on_disk());
    EXPECT_TRUE(o.lines == written);
    if (HasFailure()) return;
  }
}

TEST_F(Reading, EachByteIsReadOnce) {
  begin();
  record(0, 50000);
  end();
  const auto disk = std::make_shared<Disk>(file(path / "cpu_0"));
  const StreamPart part{"cpu_0", disk, {}};
  Cursor cursor(0, somewhere().uuid, {&part, 1});
  EXPECT_EQ(rest_of(cursor).records(), 50000u);
  EXPECT_LE(disk->bytes, disk->size());
  EXPECT_LT(disk->calls, disk->size() / Stretch::most_ahead * 2 + 4);
}

// A file in which each packet is behind a stray byte must not be read over and over.
TEST_F(Reading, PacketsAtOddPlaces) {
  begin({.packet_bytes = 4096});
  for (int i = 0; i < 500; i++) {
    record(0, 3);
    flush();
  }
  end();
  const std::string whole = bytes_of(path / "cpu_0");
  std::string bytes;
  for (size_t at = 0; at < whole.size(); at += 4096) bytes += "x" + whole.substr(at, 4096);
  const auto disk = std::make_shared<Disk>(memory_source(std::as_bytes(std::span(bytes))));
  const StreamPart part{"cpu_0", disk, {}};
  Cursor cursor(0, somewhere().uuid, {&part, 1});
  const Outcome o = rest_of(cursor);
  EXPECT_EQ(o.lines, written);
  EXPECT_EQ(o.damage.size(), 500u);
  EXPECT_EQ(o.accounted, bytes.size());
  EXPECT_LE(disk->bytes, bytes.size());
}

// Every record is looked at when all have been read, also those that damage has moved to odd addresses.
TEST_F(Reading, RecordsOutliveTheirPacketInAStore) {
  begin({.packet_bytes = 4096, .segment_bytes = 100000});
  for (int i = 0; i < 100; i++) {
    record(0, 100);
    record(1, 30);
  }
  end();
  const std::string first = bytes_of(path / "0002/cpu_0");
  overwrite(path / "0002/cpu_0", first.substr(0, 4096) + first.substr(4097));
  const auto reader = Reader::open(path);
  ASSERT_TRUE(reader);
  const Outcome expected = read_all(reader);
  ASSERT_FALSE(expected.damage.empty());
  std::vector<std::string> lines;
  std::vector<const ev_header*> records;
  BufferStore store;
  Merge merge(*reader, &store);
  while (const ev_header* r = merge.next()) {
    lines.push_back(to_text(*r));
    records.push_back(r);
  }
  const std::vector<Buffer> packets = store.left();
  EXPECT_GT(packets.size(), 3u);
  ASSERT_EQ(records.size(), expected.records());
  for (size_t i = 0; i < records.size(); i++) ASSERT_EQ(to_text(*records[i]), lines[i]);
}

TEST_F(Reading, BuffersThatAreGivenBackAreUsedAgain) {
  begin();
  record(0, 60000);
  end();
  const auto reader = Reader::open(path);
  ASSERT_TRUE(reader);
  BufferStore store;
  Cursor cursor = reader->cursor(0, &store);
  std::map<const std::byte*, int> seen;
  while (cursor.next() != nullptr) {
    std::vector<Buffer> left = store.left();
    for (const Buffer& b : left) seen[b.data()]++;
    store.give_back(left);
  }
  ASSERT_LE(seen.size(), 2u);
  EXPECT_GT(seen.begin()->second, 5);
}

TEST_F(Reading, OnlyThePacketsThatAreWanted) {
  begin();
  record(0, 60000);
  end();
  const auto disk = std::make_shared<Disk>(file(path / "cpu_0"));
  const StreamPart part{"cpu_0", disk, {}};
  Cursor cursor(0, somewhere().uuid, {&part, 1});
  const uint64_t time = 1'000'000 + 100 * 31000;
  cursor.only([time](uint64_t first, uint64_t last) { return first <= time && time <= last; });
  const Outcome o = rest_of(cursor);
  EXPECT_EQ(o.damages(), "");
  EXPECT_EQ(o.accounted, disk->size());
  EXPECT_LT(disk->bytes, disk->size() / 4);
  ASSERT_GT(o.records(), 100u);
  EXPECT_LE(o.raw.at(0).front().header().time, time);
  EXPECT_GE(o.raw.at(0).back().header().time, time);
  EXPECT_LT(o.records(), 6000u);
  for (size_t i = 0; i < o.records(); i++)
    ASSERT_EQ(o.lines.at(0)[i], written[0][o.raw.at(0)[0].header().seq + i]);
}

// --- what is there instead of a file
// ---------------------------------------------------------------------------------------------

TEST_F(Reading, WhatIsNoFileIsNamed) {
  begin();
  record(7, 3);
  end();
  ASSERT_EQ(mkfifo((path / "cpu_0").c_str(), 0600), 0);
  std::filesystem::create_directory(path / "cpu_1");
  std::filesystem::create_symlink("/dev/zero", path / "cpu_2");
  std::filesystem::create_symlink("nowhere", path / "cpu_3");
  std::filesystem::rename(path / "cpu_7", folder / "elsewhere");
  std::filesystem::create_symlink(folder / "elsewhere", path / "cpu_7");
  ASSERT_EQ(mkfifo((path / "pipe").c_str(), 0600), 0);
  std::filesystem::create_directory(path / "notes");
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, (path / "cpu_4").c_str(), sizeof name.sun_path - 1);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
  close(listener);
  const Outcome o = read();
  EXPECT_EQ(o.error, "");
  EXPECT_EQ(o.lines, written) << "a link to a file is a file";
  const std::string at = path.string();
  EXPECT_EQ(o.damages(), at + "/pipe: a fifo is no part of a trace\n" + at + "/cpu_0: a fifo is in its place\n" + at +
                             "/cpu_1: a directory is in its place\n" + at + "/cpu_2: a device is in its place\n" + at +
                             "/cpu_3: a link that leads nowhere is in its place\n" + at + "/cpu_4: a socket is in its place\n");
  for (const Damage& d : o.damage) EXPECT_EQ(d.last_time, UINT64_MAX) << "anything may be missing";
}

TEST_F(Reading, MoreFilesThanTheSoftLimit) {
  begin({.segment_bytes = 1 << 30});
  for (int i = 0; i < 60; i++) {
    record(0, 2);
    ASSERT_TRUE(writer->rotate());
  }
  end();
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit small = before;
  small.rlim_cur = 40;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &small), 0);
  const Outcome o = read();
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(o.error, "");
  EXPECT_EQ(o.lines, written);
}

}  // namespace
}  // namespace mirrorscope::trace
