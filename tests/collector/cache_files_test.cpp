// SPDX-License-Identifier: Apache-2.0
// Which file of a process is meant when it lives in a container, or has been replaced since it was mapped.
#include "collector/probes/cache_files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

namespace mirrorscope {
namespace {

namespace fs = std::filesystem;

class CacheFilesOf : public testing::Test {
 protected:
  CacheFilesOf() {
    char name[] = "/tmp/cache-files-XXXXXX";
    folder = mkdtemp(name);
    library = folder / "a library.so";
  }
  ~CacheFilesOf() override {
    if (child > 0) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
    fs::remove_all(folder);
  }
  static void put(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }
  static std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  // A process that has mapped `library` as `prepare` leaves it. False: it could not.
  template <typename Prepare>
  bool start(Prepare prepare) {
    int ready[2];
    if (pipe(ready) != 0) return false;
    child = fork();
    if (child == 0) {
      char good = prepare() ? 'y' : 'n';
      const int fd = open(library.c_str(), O_RDONLY);
      if (fd < 0 || mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED) good = 'n';
      [[maybe_unused]] const ssize_t n = write(ready[1], &good, 1);
      pause();
      _exit(0);
    }
    char good = 'n';
    close(ready[1]);
    [[maybe_unused]] const ssize_t n = read(ready[0], &good, 1);
    close(ready[0]);
    return good == 'y';
  }
  // Of what is found, what holds this text; how many.
  std::vector<fs::path> with_text(const std::string& text) {
    auto files = cache_files({{}, {static_cast<uint32_t>(child)}, {}});
    if (!files) return {};
    std::erase_if(*files, [&](const fs::path& f) { return fs::file_size(f) != text.size() || text_of(f) != text; });
    return *files;
  }

  fs::path folder, library;
  pid_t child = -1;
};

TEST_F(CacheFilesOf, a_process_here_has_its_usual_name) {
  put(library, "here");
  ASSERT_TRUE(start([] { return true; }));
  EXPECT_EQ(with_text("here"), std::vector<fs::path>{library});
}

TEST_F(CacheFilesOf, a_container_is_the_file_inside) {
  if (getuid() != 0) GTEST_SKIP() << "needs root";
  put(library, "host");
  const bool started = start([this] {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", folder.c_str(), "tmpfs", 0, nullptr) != 0)
      return false;
    put(library, "inside");
    return true;
  });
  if (!started) GTEST_SKIP() << "no mount namespace here";
  EXPECT_TRUE(with_text("host").empty()) << "it has nothing to do with the process";
  const auto found = with_text("inside");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].string().find("/proc/" + std::to_string(child) + "/root/"), 0u) << found[0];
}

TEST_F(CacheFilesOf, one_that_was_replaced_is_the_one_it_runs) {
  if (getuid() != 0) GTEST_SKIP() << "needs root, to look into map_files";
  put(library, "old");
  ASSERT_TRUE(start([] { return true; }));
  put(folder / "next", "new one");
  fs::rename(folder / "next", library);
  EXPECT_TRUE(with_text("new one").empty());
  EXPECT_EQ(with_text("old").size(), 1u);
}

TEST_F(CacheFilesOf, one_file_under_two_names_is_one_file) {
  put(library, "here");
  fs::create_hard_link(library, folder / "other name");
  fs::create_symlink(library, folder / "link");
  auto files = cache_files({{}, {}, {library, folder / "other name", folder / "link"}});
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(std::count_if(files->begin(), files->end(),
                          [&](const fs::path& f) { return f.string().find(folder.string()) == 0; }),
            1);
}

TEST_F(CacheFilesOf, what_was_asked_for_must_be_a_file) {
  ASSERT_EQ(mkfifo((folder / "fifo").c_str(), 0600), 0);
  for (const fs::path& no : {folder / "fifo", folder, fs::path("/dev/zero")})
    EXPECT_EQ(cache_files({{}, {}, {no}}).error().message,
              "cannot look for registration caches in " + no.string() + ": it is no regular file");
  EXPECT_EQ(cache_files({{}, {}, {folder / "none"}}).error().message,
            "cannot look for registration caches in " + (folder / "none").string() + ": No such file or directory");
}

}  // namespace
}  // namespace mirrorscope
