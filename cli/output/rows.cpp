// SPDX-License-Identifier: Apache-2.0
// Three formats of an answer.
#include "cli/output/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/export/csv_cell.h"
#include "schema/shown.h"

namespace mirrorscope::cli {

namespace {
using query::Value;
constexpr size_t kLooked = 200;  // rows that decide how wide the columns of a table are

bool put(std::FILE* out, const std::string& text) {
  return std::fwrite(text.data(), 1, text.size(), out) == text.size();
}

bool is_text(const Value& v) { return std::holds_alternative<std::string_view>(v); }

std::string text_of(const Value& v) {
  if (const auto* number = std::get_if<int64_t>(&v)) return std::to_string(*number);
  if (const auto* number = std::get_if<double>(&v)) return fmt::format("{}", *number);
  if (const auto* text = std::get_if<std::string_view>(&v)) return shown_sentence(*text);
  return {};
}

// For people, not more digits than they read.
std::string table_text_of(const Value& v) {
  const auto* number = std::get_if<double>(&v);
  return number ? fmt::format("{:.6g}", *number) : text_of(v);
}

// Characters on the screen, near enough: bytes of UTF-8 that begin one.
size_t width_of(const std::string& text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

class TableOut final : public RowsOut {
 public:
  explicit TableOut(std::FILE* out) : out_(out) {}

  void columns(std::span<const std::string> names) override {
    std::vector<Field> head;
    for (const std::string& name : names) head.push_back({shown_sentence(name), true});
    widths_.assign(names.size(), 0);
    numbers_.assign(names.size(), true);
    kept_.push_back(std::move(head));
  }
  bool row(std::span<const Value> values) override {
    std::vector<Field> fields;
    for (const Value& v : values) fields.push_back({table_text_of(v), is_text(v)});
    if (decided_) return print(fields);
    kept_.push_back(std::move(fields));
    return kept_.size() <= kLooked || decide();
  }
  void finish() override { decide(); }

 private:
  struct Field {
    std::string text;
    bool is_text;
  };

  bool decide() {
    if (decided_) return true;
    decided_ = true;
    for (size_t r = 0; r < kept_.size(); ++r)
      for (size_t i = 0; i < widths_.size(); ++i) {
        widths_[i] = std::max(widths_[i], width_of(kept_[r][i].text));
        if (r > 0 && kept_[r][i].is_text) numbers_[i] = false;
      }
    bool fine = true;
    for (const auto& fields : kept_) fine = fine && print(fields);
    kept_.clear();
    return fine;
  }
  bool print(const std::vector<Field>& fields) {
    std::string line;
    for (size_t i = 0; i < fields.size(); ++i) {
      const std::string pad(widths_[i] - std::min(widths_[i], width_of(fields[i].text)), ' ');
      if (i > 0) line += "  ";
      if (numbers_[i])
        line += pad + fields[i].text;
      else
        line += i + 1 < fields.size() ? fields[i].text + pad : fields[i].text;
    }
    return put(out_, line + "\n");
  }

  std::FILE* out_;
  bool decided_ = false;
  std::vector<size_t> widths_;
  std::vector<bool> numbers_;  // columns to be aligned at their right
  std::vector<std::vector<Field>> kept_;
};

class CsvOut final : public RowsOut {
 public:
  explicit CsvOut(std::FILE* out) : out_(out) {}
  void columns(std::span<const std::string> names) override {
    std::string line;
    for (size_t i = 0; i < names.size(); ++i) line += (i ? "," : "") + csv_cell(shown_sentence(names[i]));
    put(out_, line + "\r\n");
  }
  bool row(std::span<const Value> values) override {
    std::string line;
    for (size_t i = 0; i < values.size(); ++i)
      line += (i ? "," : "") + (is_text(values[i]) ? csv_cell(text_of(values[i])) : text_of(values[i]));
    return put(out_, line + "\r\n");
  }
  void finish() override {}

 private:
  std::FILE* out_;
};

// A list of objects, one per line.
class JsonOut final : public RowsOut {
 public:
  explicit JsonOut(std::FILE* out) : out_(out) {}
  void columns(std::span<const std::string> names) override {
    std::map<std::string, int> seen;
    for (const std::string& name : names) {
      const std::string as = shown_sentence(name);
      const int times = ++seen[as];
      names_.push_back(times == 1 ? as : as + "_" + std::to_string(times));
    }
    put(out_, "[");
  }
  bool row(std::span<const Value> values) override {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (size_t i = 0; i < values.size(); ++i) {
      auto& to = object[names_[i]];
      if (const auto* number = std::get_if<int64_t>(&values[i])) to = *number;
      if (const auto* number = std::get_if<double>(&values[i])) to = *number;
      if (is_text(values[i])) to = text_of(values[i]);
    }
    const bool first = std::exchange(first_, false);
    return put(out_, (first ? "\n" : ",\n") + object.dump());
  }
  void finish() override { put(out_, first_ ? "]\n" : "\n]\n"); }

 private:
  std::FILE* out_;
  bool first_ = true;
  std::vector<std::string> names_;
};
}  // namespace

std::unique_ptr<RowsOut> rows_out(std::string_view format, std::FILE* out) {
  if (format == "csv") return std::make_unique<CsvOut>(out);
  if (format == "json") return std::make_unique<JsonOut>(out);
  return std::make_unique<TableOut>(out);
}

}  // namespace mirrorscope::cli
