// SPDX-License-Identifier: Apache-2.0
// Whose files and directories a Writer touches: its own, new ones, and nothing that somebody put in its way.
#include <grp.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sched.h>

#include <csignal>
#include <cstring>
#include <functional>

#include "trace/writing/claimed_folder.h"
#include "vocabulary.h"

namespace mirrorscope::trace {
namespace {

constexpr uid_t alice = 61001, bob = 61002;

class Folders : public TraceTest {
 protected:
  // What `doing` says, when this user does it in a process of its own; "" if it has nothing to say.
  std::string as(uid_t user, const std::function<std::string()>& doing) {
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0) return "no pipe";
    const pid_t child = fork();
    if (child == 0) {
      std::string said = "cannot become that user";
      if (setgroups(0, nullptr) == 0 && setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0)
        said = doing();
      _exit(::write(pipe_ends[1], said.data(), said.size()) == static_cast<ssize_t>(said.size()) ? 0 : 1);
    }
    ::close(pipe_ends[1]);
    std::string said;
    char chunk[512];
    for (ssize_t n; (n = ::read(pipe_ends[0], chunk, sizeof chunk)) > 0;) said.append(chunk, static_cast<size_t>(n));
    ::close(pipe_ends[0]);
    waitpid(child, nullptr, 0);
    return said;
  }
  // Makes a trace of two records there and says what went wrong.
  static std::string trace_at(const std::filesystem::path& where, WriterOptions options = {}) {
    auto made = Writer::create(where, somewhere(), options);
    if (!made) return made.error().message;
    for (uint16_t stream : {uint16_t{0}, about_stream}) {
      const AnyRecord r = record_of(stream == 0 ? EV_cb_ret : EV_lost, stream, 0, 1'000'000);
      if (auto taken = made->append(stream, &r.header(), r.size()); !taken) return taken.error().message;
    }
    auto closed = made->close();
    return closed ? "" : closed.error().message;
  }
  void give(const std::filesystem::path& what, uid_t user) { ASSERT_EQ(lchown(what.c_str(), user, user), 0); }
  void SetUp() override { ASSERT_EQ(chmod(folder.c_str(), 0777), 0); }
  static bool root() { return getuid() == 0; }
};

#define NEEDS_ROOT \
  if (!root()) GTEST_SKIP() << "needs root, to be several users"

TEST_F(Folders, AUserRecordsIntoADirectoryThatHeMade) {
  NEEDS_ROOT;
  std::filesystem::create_directory(path);
  give(path, alice);
  EXPECT_EQ(as(alice, [&] { return trace_at(path); }), "");
  struct stat is {};
  ASSERT_EQ(stat((path / "cpu_0").c_str(), &is), 0);
  EXPECT_EQ(is.st_uid, alice);
  EXPECT_EQ(read().records(), 2u);
}

TEST_F(Folders, TheDirectoryOfAnotherIsRefused) {
  NEEDS_ROOT;
  std::filesystem::create_directory(path);
  give(path, bob);
  for (const mode_t mode : {0700u, 0755u, 0777u}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    EXPECT_EQ(as(alice, [&] { return trace_at(path); }),
              path.string() + " belongs to user 61002, and the trace would belong to user 61001");
  }
  EXPECT_EQ(trace_at(path), path.string() + " belongs to user 61002, and the trace would belong to root")
      << "root's power is no reason";
  EXPECT_EQ(files(), std::vector<std::string>{});
}

TEST_F(Folders, WhereTheUserMayNotWriteNothingIsMade) {
  NEEDS_ROOT;
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
  EXPECT_EQ(as(alice, [&] { return trace_at(path); }), "cannot create " + path.string() + ": Permission denied");
  std::filesystem::create_directory(path);
  EXPECT_EQ(as(alice, [&] { return trace_at(path); }), "cannot write into " + path.string() + ": Permission denied");
  ASSERT_EQ(chmod(path.c_str(), 01777), 0);
  EXPECT_EQ(as(alice, [&] { return trace_at(path); }), "") << "root's, and open to everybody";
}

TEST_F(Folders, AReadOnlyDiskIsSaidAtOnce) {
  NEEDS_ROOT;
  const auto disk = folder / "disk";
  std::filesystem::create_directories(disk);
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("tmpfs", disk.c_str(), "tmpfs", 0, nullptr) != 0)
    GTEST_SKIP() << "cannot mount a tmpfs: " << std::strerror(errno);
  std::filesystem::create_directory(disk / "there");
  ASSERT_EQ(mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr), 0);
  EXPECT_EQ(trace_at(disk / "new"), "cannot create " + (disk / "new").string() + ": Read-only file system");
  EXPECT_EQ(trace_at(disk / "there"), "cannot write into " + (disk / "there").string() + ": Read-only file system");
  umount(disk.c_str());
}

TEST_F(Folders, ALinkIsNotFollowed) {
  std::filesystem::create_directory(folder / "real");
  std::filesystem::create_directory_symlink(folder / "real", path);
  for (const std::filesystem::path& name : {path, path / ""}) {
    const std::string said = trace_at(name);
    EXPECT_EQ(said,
              name.string() + " is a symbolic link, which a trace is not written through: name the directory itself");
  }
  std::filesystem::remove(path);
  std::filesystem::create_symlink(folder / "nowhere", path);
  EXPECT_NE(trace_at(path).find("is a symbolic link"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "nowhere"));
  EXPECT_TRUE(std::filesystem::is_empty(folder / "real"));
}

TEST_F(Folders, ANameMayEndInASlashOrBeADot) {
  EXPECT_EQ(trace_at(path / ""), "");
  EXPECT_EQ(read().records(), 2u);
  std::filesystem::create_directory(folder / "here");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder / "here");
  EXPECT_EQ(trace_at("."), "");
  std::filesystem::current_path(folder);
  EXPECT_EQ(trace_at("bare"), "");
  std::filesystem::current_path(before);
  EXPECT_TRUE(std::filesystem::exists(folder / "here" / "metadata"));
  EXPECT_TRUE(std::filesystem::exists(folder / "bare" / "metadata"));
}

// Whoever may write into the directory can put something there once it has been claimed.
TEST_F(Folders, WhatIsPlantedIsNeitherFollowedNorOverwritten) {
  overwrite(folder / "victim", "dear");
  for (const std::string name : {"metadata", ".metadata", "cpu_0", "about"}) {
    for (const bool link : {true, false}) {
      SCOPED_TRACE(name + (link ? " is a link" : " is a file"));
      std::filesystem::remove_all(path);
      auto claimed = ClaimedFolder::claim(path);
      ASSERT_TRUE(claimed) << claimed.error().message;
      if (link)
        std::filesystem::create_symlink(folder / "victim", path / name);
      else
        overwrite(path / name, "mine");
      auto made = Writer::create(*claimed, somewhere());
      if (name.ends_with("metadata")) {
        ASSERT_FALSE(made);
        EXPECT_EQ(made.error().code, EEXIST);
      } else {
        ASSERT_TRUE(made) << made.error().message;
        const uint16_t stream = name == "about" ? about_stream : 0;
        const AnyRecord r = record_of(EV_lost, stream, 0, 1'000'000);
        ASSERT_TRUE(made->append(stream, &r.header(), r.size()));
        auto flushed = made->flush();
        ASSERT_FALSE(flushed);
        EXPECT_EQ(flushed.error().message, "cannot create " + (path / name).string() + ": File exists");
        EXPECT_TRUE(made->flush()) << "said once";
        EXPECT_TRUE(made->close());
        EXPECT_EQ(made->disk_losses().at({stream, EEXIST}).records, 1u) << "and counted";
      }
      EXPECT_EQ(bytes_of(folder / "victim"), "dear");
      EXPECT_TRUE(link || bytes_of(path / name) == "mine");
    }
  }
}

TEST_F(Folders, ADirectoryThatIsMovedAwayTakesItsTraceAlong) {
  begin({.segment_bytes = 1 << 30});
  record(0, 3);
  std::filesystem::rename(path, folder / "moved");
  std::filesystem::create_directory(folder / "bait");
  std::filesystem::create_directory_symlink(folder / "bait", path);
  ASSERT_TRUE(writer->rotate());
  record(0, 3);
  end();
  EXPECT_TRUE(std::filesystem::is_empty(folder / "bait"));
  EXPECT_EQ(read_all(Reader::open(folder / "moved")).seqs(0), "0 1 2 3 4 5");
}

TEST_F(Folders, ASegmentThatCannotBeBegunIsNoLoss) {
  begin({.segment_bytes = 1 << 30, .keep_segments = 1});
  record(0, 3);
  std::filesystem::create_directory_symlink(folder, path / "0002");
  auto turned = writer->rotate();
  ASSERT_FALSE(turned);
  EXPECT_EQ(turned.error().message, "no new segment is begun, and " + (path / "0001").string() +
                                        " grows on: cannot create " + (path / "0002").string() + ": File exists");
  record(0, 3);
  std::filesystem::remove(path / "0002");
  ASSERT_TRUE(writer->rotate());
  record(0, 3);
  end();
  EXPECT_TRUE(!std::filesystem::exists(path / "0001"));
  EXPECT_EQ(read().seqs(0), "6 7 8");
}

TEST_F(Folders, RotationThatFailsIsSaidOnce) {
  begin({.packet_bytes = 4096, .segment_bytes = 8192});
  std::filesystem::create_directory(path / "0002");
  int said = 0;
  for (uint32_t seq = 0; seq < 5000; seq++) {
    const AnyRecord r = record_of(EV_cb_ret, 0, seq, now += 100);
    if (!writer->append(0, &r.header(), r.size())) said++;
  }
  EXPECT_EQ(said, 1);
  EXPECT_TRUE(writer->disk_losses().empty());
  end();
}

TEST_F(Folders, AnOldSegmentThatIsReplacedByALinkStays) {
  begin({.segment_bytes = 1 << 30, .keep_segments = 1});
  record(0, 1);
  std::filesystem::create_directory(folder / "other");
  overwrite(folder / "other" / "metadata", "dear");
  std::filesystem::rename(path / "0001", folder / "away");
  std::filesystem::create_directory_symlink(folder / "other", path / "0001");
  auto turned = writer->rotate();
  ASSERT_FALSE(turned);
  EXPECT_EQ(turned.error().message.find("an old segment stays: cannot open " + (path / "0001").string()), 0u)
      << turned.error().message;
  EXPECT_EQ(bytes_of(folder / "other" / "metadata"), "dear");
}

TEST_F(Folders, WithoutATraceNothingIsLeftBehind) {
  auto claimed = ClaimedFolder::claim(path);
  ASSERT_TRUE(claimed);
  claimed->give_up();
  EXPECT_FALSE(std::filesystem::exists(path));
  std::filesystem::create_directory(path);
  claimed = ClaimedFolder::claim(path);
  ASSERT_TRUE(claimed);
  claimed->give_up();
  EXPECT_TRUE(std::filesystem::exists(path)) << "it was there before";
}

TEST_F(Folders, RoomIsAskedForBeforehand) {
  auto claimed = ClaimedFolder::claim(path);
  ASSERT_TRUE(claimed);
  EXPECT_TRUE(claimed->has_room(4096));
  EXPECT_EQ(claimed->has_room(UINT64_MAX).error().code, ENOSPC);
  rlimit before{}, small{};
  getrlimit(RLIMIT_FSIZE, &before);
  small = before;
  small.rlim_cur = 1000;
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_EQ(claimed->has_room(4096).error().message,
            "cannot write a trace of files that may have 1000 bytes (ulimit -f): File too large");
  setrlimit(RLIMIT_FSIZE, &before);
}

// Nothing can be written from the first byte on, for whatever reason: said once, counted as what it was, and no trace
// of a crash.
TEST_F(Folders, ALimitFromTheFirstByte) {
  std::signal(SIGXFSZ, SIG_IGN);
  begin();
  rlimit before{}, none{};
  getrlimit(RLIMIT_FSIZE, &before);
  none = before;
  none.rlim_cur = 0;
  setrlimit(RLIMIT_FSIZE, &none);
  record(0, 5);
  record(about_stream, 2);
  auto flushed = writer->flush();
  auto closed = writer->close();
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(flushed);
  EXPECT_EQ(flushed.error().code, EFBIG);
  EXPECT_TRUE(closed) << closed.error().message;
  EXPECT_EQ(writer->disk_losses().at({0, EFBIG}).records, 5u);
  EXPECT_EQ(writer->disk_losses().at({about_stream, EFBIG}).records, 2u);
  EXPECT_EQ(writer->bytes_written(), 0u);
  EXPECT_EQ(files(), std::vector<std::string>{"metadata"});
}

TEST_F(Folders, AnotherReasonIsSaidAgain) {
  std::signal(SIGXFSZ, SIG_IGN);
  begin();
  overwrite(path / "cpu_1", "mine");
  rlimit before{}, none{};
  getrlimit(RLIMIT_FSIZE, &before);
  none = before;
  none.rlim_cur = 0;
  setrlimit(RLIMIT_FSIZE, &none);
  record(0, 1);
  EXPECT_EQ(writer->flush().error().code, EFBIG);
  record(1, 1);
  EXPECT_EQ(writer->flush().error().code, EEXIST);
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(writer->close());
  EXPECT_EQ(writer->disk_losses().at({1, EEXIST}).records, 1u);
  EXPECT_FALSE(writer->disk_losses().contains({0, EFBIG})) << "with room it was written after all";
}

}  // namespace
}  // namespace mirrorscope::trace
