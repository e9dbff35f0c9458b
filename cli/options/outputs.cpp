// SPDX-License-Identifier: Apache-2.0
// How reports are rendered and written; what goes into a file has no colour.
#include "cli/options/outputs.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>

#include "cli/output/color.h"
#include "schema/meant.h"

namespace mirrorscope::cli {

Result<std::vector<Output>> parse_outputs(const std::vector<std::string>& formats, const std::string& output) {
  std::vector<Output> outputs;
  size_t unnamed = 0;
  for (const std::string& word : formats) {
    const size_t sign = word.find('=');
    const Format* format = format_named(word.substr(0, sign));
    if (!format) {
      std::vector<std::string> known;
      for (const Format& f : all_formats()) known.emplace_back(f.name);
      return fail(0, no_such("format", word.substr(0, sign), known, fmt::format("there are {}", fmt::join(known, ", "))));
    }
    if (sign != std::string::npos && sign + 1 == word.size()) return fail(0, "no file behind '", word, "'");
    outputs.push_back({format, sign == std::string::npos ? output : word.substr(sign + 1)});
    unnamed += sign == std::string::npos;
  }
  if (outputs.empty()) outputs.push_back({format_named("text"), output});
  if (unnamed > 1) return fail(0, "more than one format has no file; write e.g. --format sarif=report.sarif");
  if (unnamed == 0 && !formats.empty() && !output.empty()) return fail(0, "-o is for a format that names no file, and every one does");
  return outputs;
}

Result<void> write_file(const std::string& file, const std::string& text) {
  std::FILE* to = file.empty() ? stdout : std::fopen(file.c_str(), "we");
  if (!to) return fail(errno, "cannot write ", file);
  const bool written = std::fwrite(text.data(), 1, text.size(), to) == text.size() && std::fflush(to) == 0;
  const int error = errno;
  const bool closed = to == stdout || std::fclose(to) == 0;
  if (!written || !closed) return fail(written ? errno : error, "cannot write ", file.empty() ? "to standard output" : file);
  return {};
}

Result<void> write_outputs(std::span<const Output> outputs, std::span<const Document> documents, Look look) {
  for (const Output& output : outputs) {
    if (documents.empty() && !output.format->says_unjudged) continue;
    look.color = output.file.empty() && colored();
    if (auto done = write_file(output.file, output.format->render(documents, look)); !done) return done;
  }
  return {};
}

}  // namespace mirrorscope::cli
