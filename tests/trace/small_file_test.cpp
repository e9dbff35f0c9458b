// SPDX-License-Identifier: Apache-2.0
// Whether reading a file that an option names ends, whatever is there.
#include "trace/small_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

namespace mirrorscope::trace {
namespace {

class SmallFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "small_file.XXXXXX";
    ASSERT_TRUE(mkdtemp(name.data()));
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path write(const std::string& text) const {
    std::ofstream(folder_ / "file", std::ios::binary) << text;
    return folder_ / "file";
  }
  std::string error_of(const std::filesystem::path& file) const {
    const auto read = read_small_file(file, 1000);
    return read ? "" : read.error().message.substr(std::string("cannot read " + file.string()).size());
  }
  std::filesystem::path folder_;
};

TEST_F(SmallFile, is_read_whole) {
  std::string text("a\0b\n", 4);
  text.append(300'000, 'x');
  EXPECT_EQ(*read_small_file(write(text)), text);
  EXPECT_EQ(*read_small_file(write("")), "");
  EXPECT_EQ(read_small_file(write(std::string(1000, 'y')), 1000)->size(), 1000u);
}

TEST_F(SmallFile, of_proc_has_a_text_although_it_has_no_size) { EXPECT_TRUE(read_small_file("/proc/self/status")->starts_with("Name:")); }

TEST_F(SmallFile, that_is_none_is_refused_at_once) {
  ASSERT_EQ(mkfifo((folder_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(error_of(folder_ / "fifo"), ": it is no regular file");
  EXPECT_EQ(error_of("/dev/zero"), ": it is no regular file");
  EXPECT_EQ(error_of(folder_), ": Is a directory");
  EXPECT_EQ(error_of(folder_ / "nothing"), ": No such file or directory");
  EXPECT_EQ(error_of(write(std::string(1001, 'y'))), ": it has more than 1000 bytes");
  ASSERT_EQ(truncate(write("").c_str(), off_t{64} << 30), 0);
  EXPECT_EQ(error_of(folder_ / "file"), ": it has more than 1000 bytes") << "64 GB of nothing";
}

}  // namespace
}  // namespace mirrorscope::trace
