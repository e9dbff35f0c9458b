// SPDX-License-Identifier: Apache-2.0
// Names, and a rename.
#include "fleet/results.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "fleet/digest.h"
#include "trace/owned_fd.h"
#include "trace/small_file.h"

namespace mirrorscope::fleet {

namespace {
namespace fs = std::filesystem;

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return fail(error.value(), "cannot make the directory ", folder.string());
  return {};
}

int write_all(int fd, std::string_view text, bool sync) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n < 0 && errno != EINTR) return errno;
    if (n > 0) text.remove_prefix(static_cast<size_t>(n));
  }
  return !sync || fsync(fd) == 0 ? 0 : errno;
}
// Written aside in the same directory and renamed; directories are made. `sync`: also when the power fails.
Result<void> put_file(const fs::path& file, std::string_view text, bool sync) {
  if (auto done = make_folder(file.parent_path()); !done) return done;
  // a name that nobody else has, on whatever node
  uint64_t chosen = 0;
  if (getrandom(&chosen, sizeof(chosen), 0) != sizeof(chosen))
    return fail(errno, "cannot choose a name beside ", file.string());
  const std::string aside =
      (file.parent_path() / fmt::format(".{}.{:016x}", file.filename().string(), chosen)).string();
  OwnedFd fd(open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!fd) return fail(errno, "cannot write ", file.string());
  int error = write_all(fd.get(), text, sync);
  if (fd.close() != 0 && error == 0) error = errno;
  if (error == 0 && rename(aside.c_str(), file.c_str()) != 0) error = errno;
  if (error == 0) return {};
  unlink(aside.c_str());
  return fail(error, "cannot write ", file.string());
}
}  // namespace

fs::path Results::named(const std::string& key, const char* ending) const {
  return folder_ / "results" / key.substr(0, 2) / (key + ending);
}

Result<void> Results::make() const { return make_folder(folder_ / "results"); }

Result<fs::path> Results::keep_plan(std::string_view json) const {
  fs::path file = folder_ / "plans" / (digest(json).substr(0, 16) + ".json");
  if (auto done = put_file(file, json, true); !done) return done.error();
  return file;
}

bool Results::has(const std::string& key) const {
  std::error_code ignored;
  return fs::is_regular_file(file(key), ignored) && !fs::exists(named(key, ".open"), ignored);
}

Result<void> Results::keep(const std::string& key, std::string_view json) const {
  if (auto done = put_file(file(key), json, true); !done) return done;
  unlink(named(key, ".open").c_str());
  return {};
}

Result<void> Results::keep(const std::string& key, const Unfinished& why) const {
  const nlohmann::ordered_json out{{"exit", why.exit_code}, {"says", why.says}};
  return put_file(named(key, ".open"),
                  out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n", false);
}

std::optional<Unfinished> Results::unfinished(const std::string& key) const {
  const auto text = trace::read_small_file(named(key, ".open"));
  if (!text) return std::nullopt;
  const auto in = nlohmann::json::parse(*text, nullptr, false);
  if (!in.is_object() || !in.contains("exit") || !in["exit"].is_number_integer() || !in.contains("says") ||
      !in["says"].is_string())
    return Unfinished{0, "what was noted about its check cannot be read"};
  return Unfinished{in["exit"].get<int>(), in["says"].get<std::string>()};
}

}  // namespace mirrorscope::fleet
