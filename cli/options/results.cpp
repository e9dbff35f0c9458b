// SPDX-License-Identifier: Apache-2.0
// How result files are found and read.
#include "cli/options/results.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "report/result/result_file.h"
#include "schema/shown.h"
#include "trace/small_file.h"
#include "verify/judged.h"

namespace mirrorscope::cli {

namespace {
namespace fs = std::filesystem;

constexpr size_t kLargest = size_t{1} << 30;

Result<std::vector<std::string>> below(const std::string& folder, const std::vector<std::string>& written) {
  std::vector<std::string> files;
  std::error_code error;
  for (auto it = fs::recursive_directory_iterator(folder, error); !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
    const fs::path& path = it->path();
    std::error_code none;
    if (path.extension() != ".json" || !it->is_regular_file(none)) continue;
    if (std::any_of(written.begin(), written.end(), [&](const std::string& file) { return fs::equivalent(file, path, none); })) continue;
    files.push_back(path.string());
  }
  if (error) return fail(error.value(), "cannot read ", folder);
  if (files.empty()) return fail(0, "there is no *.json below ", folder);
  std::sort(files.begin(), files.end());
  return files;
}

void read_file(ReadResults& into, const std::string& file) {
  const auto text = trace::read_small_file(file, kLargest);
  if (text)
    into.any |= add_file(into.merged, *text, file);
  else
    into.merged.add(Unreadable{shown_sentence(file), "could not be read: " + text.error().message});
}
}  // namespace

Result<ReadResults> read_results(const std::vector<std::string>& paths, const std::vector<std::string>& written) {
  ReadResults out;
  for (const std::string& path : paths) {
    std::error_code none;
    if (!fs::is_directory(path, none)) {
      read_file(out, path);
      continue;
    }
    const auto files = below(path, written);
    if (!files) return files.error();
    for (const std::string& file : *files) read_file(out, file);
  }
  return out;
}

Result<Merged> side_of(const std::vector<std::string>& paths, const ReplayOptions& options) {
  Merged side;
  std::error_code none;
  for (const std::string& path : paths) {
    const bool is_trace = fs::is_directory(path, none);
    if (is_trace) {
      auto judged = judge(path, options);
      if (!judged) return judged.error();
      measure(**judged);
      Part part = part_of((*judged)->document);
      part.files = {shown(path)};
      side.add(std::move(part));
      continue;
    }
    auto read = read_results({path}, {});
    if (!read) return read.error();
    if (!read->any) return fail(0, path, ": no trace, and no result of a check: ", read->merged.unreadable().begin()->why);
    side.add(read->merged);
  }
  return side;
}

std::string side_name(const std::vector<std::string>& paths) { return shown_sentence(fmt::format("{}", fmt::join(paths, ", "))); }

Result<void> read_expected(Merged& merged, const std::string& file) {
  const auto text = trace::read_small_file(file);
  if (!text) return text.error();
  if (const std::string why = add_expected(merged, *text); !why.empty()) return fail(0, file, " is no list of parts: ", why);
  return {};
}

}  // namespace mirrorscope::cli
