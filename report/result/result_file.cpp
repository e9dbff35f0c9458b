// SPDX-License-Identifier: Apache-2.0
// How a result file is taken apart.
#include "report/result/result_file.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "report/render/json.h"
#include "report/result/part_json.h"
#include "schema/shown.h"

namespace mirrorscope {

namespace {
using Json = nlohmann::ordered_json;
constexpr int kDepth = 24;  // no result is deeper

// The object that `text` begins with, nothing if it does not end. Throws if it is no object, or none that is worth parsing.
std::optional<std::string_view> first_object(std::string_view text) {
  if (text.front() != '{') throw NoResult("is no result: where an object of JSON should begin there is something else");
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth > kDepth) throw NoResult("is no result: it is nested too deeply");
    if (depth == 0) return text.substr(0, i + 1);
  }
  return {};
}

void add_merged(Merged& merged, const Json& json) {
  header_of(json);
  std::vector<Part> parts;  // all of it or nothing
  for (const Json& part : list_at(json, "parts")) parts.push_back(part_from(part));
  for (const Json& e : list_at(json, "expected")) {
    Expected expected{text_at(e, "name"), {}};
    if (e.contains("exit")) expected.exit = static_cast<int64_t>(number_at(e, "exit"));
    merged.add(expected);
  }
  for (const Json& u : list_at(json, "unreadable"))
    merged.add(Unreadable{text_at(u, "file"), text_at(u, "why"), u.contains("other_version") && u["other_version"] == true});
  for (Part& part : parts) merged.add(std::move(part));
}

void add_object(Merged& merged, std::string_view text, const std::string& file) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) throw NoResult("it is not JSON");
  const std::string format = text_at(json, "format");
  if (format == "mirrorscope-merged-1") return add_merged(merged, json);
  if (format != "mirrorscope-check-1") throw NoResult(fmt::format("its \"format\" is '{}'", format));
  Part part = part_from(json);
  part.files = {file};
  merged.add(std::move(part));
}
}  // namespace

bool add_file(Merged& merged, std::string_view text, const std::string& path) {
  const std::string file = shown_sentence(path);
  size_t read = 0;
  const auto behind = [&] { return read ? fmt::format(" (result {} in it)", read + 1) : std::string(); };
  const auto skip = [&] { text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size())); };
  skip();
  if (text.empty()) merged.add(Unreadable{file, "is empty: the check that should have written it died"});
  for (; !text.empty(); skip()) {
    try {
      const auto object = first_object(text);
      if (!object) {
        merged.add(Unreadable{file, "is cut: the check that wrote it died, or the copy is not complete" + behind()});
        break;
      }
      add_object(merged, *object, file);
      text.remove_prefix(object->size());
      ++read;
    } catch (const OtherVersion& e) {
      merged.add(Unreadable{file, fmt::format("is of another version: {}{}", e.what(), behind()), true});
      break;
    } catch (const NoResult& e) {
      const std::string_view why = e.what();
      merged.add(Unreadable{file, why.starts_with("is ") ? std::string(why) + behind() : fmt::format("is no result: {}{}", why, behind())});
      break;
    }
  }
  return read > 0;
}

std::string add_expected(Merged& merged, std::string_view text) {
  for (size_t line = 1; !text.empty(); ++line) {
    std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(row.size() + 1, text.size()));
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (row.empty() || row.front() == '#') continue;
    const size_t tab = row.find('\t');
    Expected expected{shown_sentence(row.substr(0, tab)), {}};
    if (tab != std::string_view::npos) {
      const std::string_view digits = row.substr(tab + 1);
      uint32_t exit = 0;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exit);
      if (error != std::errc() || end != digits.data() + digits.size()) return fmt::format("line {}: '{}' is no exit status", line, shown_sentence(digits));
      expected.exit = exit;
    }
    if (expected.name.empty()) return fmt::format("line {} names nothing", line);
    merged.add(expected);
  }
  return {};
}

Part part_of(const Document& document) { return part_from(Json::parse(to_json(document))); }

}  // namespace mirrorscope
