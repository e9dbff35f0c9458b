// SPDX-License-Identifier: Apache-2.0
// How traces are found: by their `metadata`.
#include "fleet/archive.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "fleet/digest.h"

namespace mirrorscope::fleet {

namespace {
namespace fs = std::filesystem;

// A trace in segments has them in its directories.
bool is_trace(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(folder / "metadata", ignored) || fs::exists(folder / "about" / "metadata", ignored);
}

Result<std::vector<fs::directory_entry>> entries_of(const fs::path& folder) {
  std::error_code error;
  fs::directory_iterator at(folder, error);
  std::vector<fs::directory_entry> entries;
  for (; !error && at != fs::directory_iterator(); at.increment(error)) entries.push_back(*at);
  if (error) return fail(error.value(), "cannot read the directory ", folder.string());
  std::sort(entries.begin(), entries.end());
  return entries;
}

// What is in a trace: its files, and those of its segments.
Result<void> add_files(const fs::path& folder, const std::string& prefix, ArchivedTrace& trace, std::string& listing) {
  const auto entries = entries_of(folder);
  if (!entries) return entries.error();
  for (const fs::directory_entry& entry : *entries) {
    const std::string name = prefix + entry.path().filename().string();
    struct stat status {};
    if (stat(entry.path().c_str(), &status) != 0) {
      if (errno == ENOENT) continue;  // rotated away, or a link to nothing
      return fail(errno, "cannot look at ", entry.path().string());
    }
    if (S_ISDIR(status.st_mode)) {
      if (prefix.empty())
        if (auto done = add_files(entry.path(), name + "/", trace, listing); !done) return done;
      continue;
    }
    trace.bytes += static_cast<uint64_t>(status.st_size);
    listing += fmt::format("{}\n{} {}.{:09}\n", name, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  }
  return {};
}

Result<void> search(const fs::path& folder, std::vector<ArchivedTrace>& found) {
  if (is_trace(folder)) {
    auto trace = look_at_trace(folder);
    if (!trace) return trace.error();
    found.push_back(std::move(*trace));
    return {};
  }
  const auto entries = entries_of(folder);
  if (!entries) return entries.error();
  for (const fs::directory_entry& entry : *entries) {
    std::error_code ignored;
    if (entry.is_symlink(ignored) || !entry.is_directory(ignored)) continue;
    if (auto done = search(entry.path(), found); !done) return done;
  }
  return {};
}
}  // namespace

Result<ArchivedTrace> look_at_trace(const fs::path& path) {
  ArchivedTrace trace{path.string(), 0, {}};
  std::string listing;
  if (auto done = add_files(path, "", trace, listing); !done) return done.error();
  trace.stamp = digest(listing);
  return trace;
}

Result<std::vector<ArchivedTrace>> traces_in(const std::vector<std::string>& archives) {
  std::vector<ArchivedTrace> found;
  for (const std::string& archive : archives) {
    std::error_code error;
    const fs::path folder = fs::canonical(archive, error);
    if (error) return fail(error.value(), "cannot look into ", archive);
    if (!fs::is_directory(folder, error)) return fail(0, "cannot look into ", archive, ": it is no directory");
    if (auto done = search(folder, found); !done) return done.error();
  }
  const auto by_path = [](const ArchivedTrace& a, const ArchivedTrace& b) { return a.path < b.path; };
  const auto same = [](const ArchivedTrace& a, const ArchivedTrace& b) { return a.path == b.path; };
  std::sort(found.begin(), found.end(), by_path);
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
  return found;
}

}  // namespace mirrorscope::fleet
