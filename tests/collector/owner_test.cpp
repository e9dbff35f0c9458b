// SPDX-License-Identifier: Apache-2.0
// Whose a trace is, and what is left of root once the recorder has become that user.
#include "collector/session/owner.h"

#include <fcntl.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "apart.h"
#include "collector/kernel/privileges.h"
#include "collector/session/trace_place.h"

namespace mirrorscope {
namespace {

namespace fs = std::filesystem;

constexpr uid_t alice = 61001, bob = 61002;

class OwnerOfTrace : public testing::Test {
 protected:
  void SetUp() override {
    if (getuid() != 0) GTEST_SKIP() << "needs root, to be several users";
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    char name[] = "/tmp/owner-test-XXXXXX";
    folder = mkdtemp(name);
    chmod(folder.c_str(), 0755);
  }
  void TearDown() override {
    unsetenv("SUDO_UID");
    unsetenv("SUDO_GID");
    if (!folder.empty()) fs::remove_all(folder);
  }
  void typed_sudo(const char* uid, const char* gid) {
    setenv("SUDO_UID", uid, 1);
    setenv("SUDO_GID", gid, 1);
  }
  static uid_t owner_of(const fs::path& path) {
    struct stat is {};
    return lstat(path.c_str(), &is) == 0 ? is.st_uid : static_cast<uid_t>(-1);
  }
  fs::path folder;
};

TEST_F(OwnerOfTrace, is_who_typed_sudo) {
  EXPECT_EQ(owner_of_trace("")->uid, 0u);
  typed_sudo("61001", "61003");
  const auto owner = owner_of_trace("");
  ASSERT_TRUE(owner.ok());
  EXPECT_EQ(owner->uid, alice);
  EXPECT_EQ(owner->gid, 61003u);
  EXPECT_EQ(owner->groups, std::vector<gid_t>{61003});
  typed_sudo("0", "0");
  EXPECT_EQ(owner_of_trace("")->name, "root");
}

TEST_F(OwnerOfTrace, can_be_named) {
  typed_sudo("61001", "61001");
  EXPECT_EQ(owner_of_trace("root")->uid, 0u);
  EXPECT_EQ(owner_of_trace("nobody")->name, "nobody");
  EXPECT_EQ(owner_of_trace("61002")->uid, bob);
  for (const char* nobody : {"no-such-user", "-1", "4294967295", "61002x", " 61002"})
    EXPECT_EQ(owner_of_trace(nobody).error().message,
              "cannot make a trace for " + std::string(nobody) + ": there is no such user");
}

TEST_F(OwnerOfTrace, is_not_guessed) {
  for (const char* bad : {"", "x", "-1", "4294967295", "99999999999"}) {
    typed_sudo(bad, "61001");
    EXPECT_FALSE(owner_of_trace("")) << bad;
    typed_sudo("61001", bad);
    EXPECT_FALSE(owner_of_trace("")) << bad;
  }
}

TEST_F(OwnerOfTrace, is_oneself_for_who_is_not_root) {
  typed_sudo("0", "0");
  apart([] {
    ASSERT_EQ(setresuid(alice, alice, alice), 0);
    EXPECT_EQ(owner_of_trace("")->uid, alice) << "SUDO_UID is what anybody can write";
    EXPECT_EQ(owner_of_trace("61002").error().message, "cannot make a trace for 61002: Operation not permitted");
    EXPECT_TRUE(owner_of_trace("61001"));
  });
}

TEST_F(OwnerOfTrace, makes_files_and_root_comes_back) {
  apart([this] {
    const gid_t before[] = {7, 8};
    ASSERT_EQ(setgroups(2, before), 0);
    ASSERT_EQ(chown(folder.c_str(), alice, alice), 0);
    {
      auto acting = ActingAs::owner({alice, alice, {alice}, "alice"});
      ASSERT_TRUE(acting.ok()) << acting.error().message;
      std::ofstream(folder / "hers") << "x";
      EXPECT_EQ(open("/etc/shadow", O_RDONLY), -1) << "root's power is not hers";
    }
    EXPECT_EQ(owner_of(folder / "hers"), alice);
    EXPECT_EQ(geteuid(), 0u);
    EXPECT_EQ(getegid(), 0u);
    gid_t after[3] = {};
    EXPECT_EQ(getgroups(3, after), 2);
    EXPECT_EQ(after[1], 8u);
    EXPECT_GE(open("/etc/shadow", O_RDONLY), 0);
  });
}

TEST_F(OwnerOfTrace, is_what_the_recorder_becomes) {
  apart([] {
    const auto held_before = privileges();
    auto dropped = keep_only_recording({alice, bob, {bob}, "alice"});
    ASSERT_TRUE(dropped.ok()) << dropped.error().message;
    uid_t r = 0, e = 0, s = 0;
    getresuid(&r, &e, &s);
    EXPECT_TRUE(r == alice && e == alice && s == alice);
    getresgid(&r, &e, &s);
    EXPECT_TRUE(r == bob && e == bob && s == bob);
    gid_t groups[2] = {};
    EXPECT_EQ(getgroups(2, groups), 1);
    EXPECT_EQ(setuid(0), -1) << "there is no way back";
    for (const Privilege& now : privileges()) {
      const bool kept = now.capability == CAP_BPF || now.capability == CAP_PERFMON;
      for (const Privilege& before : held_before) {
        if (before.capability == now.capability) {
          EXPECT_EQ(now.held, kept && before.held) << now.name;
        }
      }
    }
    cap_t caps = cap_get_proc();
    char* text = cap_to_text(caps, nullptr);
    for (cap_value_t c = 0; c < cap_max_bits(); ++c) {
      cap_flag_value_t permitted = CAP_CLEAR;
      cap_get_flag(caps, c, CAP_PERMITTED, &permitted);
      EXPECT_TRUE(permitted == CAP_CLEAR || c == CAP_BPF || c == CAP_PERFMON) << text;
    }
    EXPECT_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    EXPECT_EQ(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0) << "nobody of that user may look into it";
    EXPECT_EQ(prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0), 0);
    cap_free(text);
    cap_free(caps);
  });
}

// The place of a trace, as root who was called by sudo.
TEST_F(OwnerOfTrace, has_the_trace) {
  ASSERT_EQ(chown(folder.c_str(), alice, alice), 0);
  typed_sudo("61001", "61001");
  apart([this] {
    auto place = TracePlace::claim(folder / "run", "");
    ASSERT_TRUE(place.ok()) << place.error().message;
    auto writer = place->begin({}, {.segment_bytes = 1 << 30, .keep_segments = 1});
    ASSERT_TRUE(writer.ok()) << writer.error().message;
    EXPECT_EQ(geteuid(), 0u);
    ASSERT_TRUE(keep_only_recording(place->owner()).ok());
    ev_stopped record{};
    record.h.id = EV_stopped;
    record.h.cpu = trace::about_stream;
    record.h.time = trace::provenance_here()->started;
    ASSERT_TRUE(writer->append(trace::about_stream, &record.h, sizeof record).ok());
    auto turned = writer->rotate();
    EXPECT_TRUE(turned.ok()) << turned.error().message;
    auto closed = writer->close();
    EXPECT_TRUE(closed.ok()) << closed.error().message;
  });
  for (const char* name :
       {"run", "run/about", "run/about/metadata", "run/about/about", "run/0002", "run/0002/metadata"})
    EXPECT_EQ(owner_of(folder / name), alice) << name;
  EXPECT_FALSE(fs::exists(folder / "run/0001"));
}

TEST_F(OwnerOfTrace, may_write_where_the_trace_goes) {
  typed_sudo("61001", "61001");
  const std::string run = (folder / "run").string(), hint = "; the trace would be 61001's, see --owner";
  EXPECT_EQ(TracePlace::claim(run, "").error().message, "cannot create " + run + ": Permission denied" + hint);
  EXPECT_EQ(TracePlace::claim(run + "/deeper", "").error().message,
            "cannot create " + run + "/deeper: No such file or directory" + hint);
  { EXPECT_TRUE(TracePlace::claim(run, "root").ok()); }
  EXPECT_FALSE(fs::exists(run)) << "without a trace nothing stays";
  fs::create_directory(run);
  ASSERT_EQ(chown(run.c_str(), bob, bob), 0);
  EXPECT_EQ(TracePlace::claim(run, "").error().message,
            run + " belongs to user 61002, and the trace would belong to user 61001" + hint);
  EXPECT_EQ(TracePlace::claim(run, "root").error().message,
            run + " belongs to user 61002, and the trace would belong to root");
  EXPECT_TRUE(TracePlace::claim(run, "61002").ok());
  EXPECT_TRUE(fs::exists(run)) << "it was there before";
  // A link that she made leads no further than she could go herself.
  fs::create_directory(folder / "hers");
  ASSERT_EQ(chown((folder / "hers").c_str(), alice, alice), 0);
  fs::create_directory(folder / "secret");
  ASSERT_EQ(chmod((folder / "secret").c_str(), 0700), 0);
  fs::create_directory_symlink(folder / "secret", folder / "hers" / "link");
  EXPECT_FALSE(TracePlace::claim(folder / "hers" / "link" / "run", "").ok());
  EXPECT_TRUE(fs::is_empty(folder / "secret"));
}

}  // namespace
}  // namespace mirrorscope
