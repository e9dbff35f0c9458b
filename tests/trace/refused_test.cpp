// SPDX-License-Identifier: Apache-2.0
// What is no trace of ours is refused in one sentence.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "trace/metadata.h"
#include "vocabulary.h"

namespace mirrorscope::trace {
namespace {

class Refused : public TraceTest {
 protected:
  void SetUp() override { std::filesystem::create_directory(path); }
  // What opening says, without the path in front.
  std::string says() {
    const std::string error = read().error;
    EXPECT_EQ(error.find('\n'), std::string::npos);
    return error.starts_with(path.string()) ? error.substr(path.string().size()) : error;
  }
};

TEST_F(Refused, NothingThere) {
  path = folder / "no";
  EXPECT_EQ(read().error, "cannot open " + path.string() + ": No such file or directory");
}

TEST_F(Refused, AnEmptyDirectory) { EXPECT_EQ(says(), " is no trace: the directory is empty"); }

TEST_F(Refused, AFile) {
  path = folder / "file";
  overwrite(path, "hello");
  EXPECT_EQ(says(), " is no trace: a trace is a directory");
}

TEST_F(Refused, SomeDirectory) {
  overwrite(path / "letter", "dear");
  EXPECT_EQ(says(), " is no trace: it has no file `metadata`");
}

TEST_F(Refused, EmptyMetadata) {
  overwrite(path / "metadata", "");
  EXPECT_EQ(says(), " is no trace: its metadata is empty");
}

TEST_F(Refused, MetadataOfSomethingElse) {
  overwrite(path / "metadata", "title: my holidays\n");
  EXPECT_EQ(says(), " is no trace: its metadata is no CTF 1.8 text");
}

TEST_F(Refused, LttngText) {
  overwrite(path / "metadata",
            "/* CTF 1.8 */\n\ntrace {\n\tmajor = 1;\n};\n\nenv {\n\tdomain = \"kernel\";\n\ttracer_name = "
            "\"lttng-modules\";\n};\n");
  EXPECT_EQ(says(), " is a CTF trace of lttng-modules, not of mirrorscope");
}

TEST_F(Refused, LttngPackets) {
  overwrite(path / "metadata", std::string("\x57\x1d\xd1\x75", 4) + std::string(100, '\0'));
  EXPECT_EQ(says(), " is a CTF trace, but not one of mirrorscope");
}

TEST_F(Refused, CtfOfNobody) {
  overwrite(path / "metadata", "/* CTF 1.8 */\ntrace { major = 1; minor = 8; byte_order = le; };\n");
  EXPECT_EQ(says(), " is a CTF trace, but not one of mirrorscope");
}

TEST_F(Refused, AnotherEventTable) {
  Provenance p = somewhere();
  p.schema = 0x1234;
  overwrite(path / "metadata", metadata_text(p));
  char wanted[200];
  std::snprintf(
      wanted, sizeof wanted,
      " was recorded by another version of mirrorscope: its event table is 0x0000000000001234, this one's is 0x%016llx",
      static_cast<unsigned long long>(schema_hash));
  EXPECT_EQ(says(), wanted);
}

TEST_F(Refused, WhatIsNoFileAsMetadata) {
  ASSERT_EQ(mkfifo((path / "metadata").c_str(), 0600), 0);
  EXPECT_EQ(says(), "/metadata is a fifo and no file");
  std::filesystem::remove(path / "metadata");
  std::filesystem::create_symlink("/dev/zero", path / "metadata");
  EXPECT_EQ(says(), "/metadata is a device and no file");
  std::filesystem::remove(path / "metadata");
  std::filesystem::create_symlink("metadata", path / "metadata");
  EXPECT_EQ(says(), "/metadata is a link that leads nowhere and no file");
  std::filesystem::remove(path / "metadata");
  std::filesystem::create_directory(path / "metadata");
  EXPECT_EQ(says(), "/metadata is a directory and no file");
}

TEST_F(Refused, AFifo) {
  path = folder / "pipe";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(says(), " is no trace: a trace is a directory");
}

TEST_F(Refused, MetadataWithoutEnd) {
  overwrite(path / "metadata", "");
  ASSERT_EQ(truncate((path / "metadata").c_str(), off_t{1} << 36), 0);
  EXPECT_EQ(says(), " is no trace of mirrorscope: its metadata is too large");
}

TEST_F(Refused, SegmentsOfTwoTraces) {
  Provenance other = somewhere();
  other.uuid[3] = 1;
  for (const char* name : {"0001", "0002"}) std::filesystem::create_directory(path / name);
  overwrite(path / "0001/metadata", metadata_text(somewhere()));
  overwrite(path / "0002/metadata", metadata_text(other));
  EXPECT_EQ(says(), "/0002 belongs to another trace than the segments beside it");
}

// Root may read everything: as nobody.
void say_as_nobody(const std::filesystem::path& path) {
  if (getuid() == 0 && setuid(65534) != 0) std::exit(1);
  const auto reader = Reader::open(path);
  std::fputs(reader ? "opened" : reader.error().message.c_str(), stderr);
  std::exit(0);
}

TEST_F(Refused, WithoutPermission) {
  begin();
  record(0, 1);
  end();
  ASSERT_EQ(chmod(folder.c_str(), 0755), 0);
  ASSERT_EQ(chmod(path.c_str(), 0755), 0);
  ASSERT_EQ(chmod((path / "metadata").c_str(), 0), 0);
  EXPECT_EXIT(say_as_nobody(path), testing::ExitedWithCode(0), "cannot open .*/t/metadata: Permission denied");
  ASSERT_EQ(chmod((path / "metadata").c_str(), 0644), 0);
  ASSERT_EQ(chmod((path / "cpu_0").c_str(), 0), 0);
  EXPECT_EXIT(say_as_nobody(path), testing::ExitedWithCode(0), "cannot open .*/t/cpu_0: Permission denied");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  EXPECT_EXIT(say_as_nobody(path), testing::ExitedWithCode(0), "cannot .*/t.*: Permission denied");
}

}  // namespace
}  // namespace mirrorscope::trace
