// SPDX-License-Identifier: Apache-2.0
// How a window is drawn: each row begins in its task's column and may run to the right edge, as in commit messages of the kernel.
#include "report/explain/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "report/folding.h"
#include "report/values.h"

namespace mirrorscope {

namespace {
constexpr size_t kLeft = 15;      // time and mark
constexpr size_t kLastRoom = 34;  // what the column at the right edge has at least

// Short words for the kernel addresses of a window: sub1, range2.
class Aliases {
 public:
  std::string of(std::string_view kind, uint64_t value) {
    const auto [it, is_new] = names_.try_emplace({std::string(kind), value});
    if (is_new) {
      it->second = fmt::format("{}{}", kind, ++count_[std::string(kind)]);
      legend_ += fmt::format("{}{}={:#x}", legend_.empty() ? "" : " ", it->second, value);
      words_.emplace(value, it->second);
    }
    return it->second;
  }
  const std::string& legend() const { return legend_; }
  const std::map<uint64_t, std::string>& words() const { return words_; }

 private:
  std::map<std::pair<std::string, uint64_t>, std::string> names_;
  std::map<std::string, int> count_;
  std::map<uint64_t, std::string> words_;
  std::string legend_;
};

// Which values are worth a place although they are 0.
bool tells_when_zero(std::string_view name) { return name == "ret" || name.ends_with("seq"); }

std::string values(const ev_header& h, bool proof, const Names& names, Aliases& aliases) {
  static const std::set<std::string_view> kUnsaid{"stack", "fn", "call", "end", "sub_start", "sub_last", "has_itree"};
  std::string text;
  const auto add = [&text](std::string_view item) { text.append(text.empty() ? "" : " ").append(item); };
  for (const FieldInfo& f : event_info(h.id)->fields) {
    if (f.count != 1 || is_padding(f) || kUnsaid.contains(f.name)) continue;
    const uint64_t value = number_in(h, f.name).value_or(0);
    if (f.name == "start" && number_in(h, "end")) {
      add(fmt::format("[{:#x}, {:#x})", value, *number_in(h, "end")));
    } else if (f.type == FieldType::enumeration) {
      if (f.name == "reason") add(value_text(h, f, names));
      else if (value) add(f.name == "driver" ? value_text(h, f, names) : fmt::format("{}={}", f.name, value_text(h, f, names)));
    } else if (f.name == "flags" && number_in(h, "reason")) {
      if (!(value & 1)) add("must not block");
    } else if (f.type == FieldType::ptr && value) {
      add(aliases.of(f.name, value));
    } else if (f.type != FieldType::ptr && (value || tells_when_zero(f.name)) && (proof || tells_when_zero(f.name))) {
      add(fmt::format("{}={}", f.name, value_text(h, f, names)));
    }
  }
  return text;
}

struct Column {
  uint32_t tid;
  uint32_t tgid;
  std::set<uint16_t> cpus;
  size_t at = 0;
};

std::vector<Column> columns_of(const Window& window) {
  std::vector<Column> columns;
  for (const WindowRow& row : window.rows) {
    auto it = std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.tid == row.record->tid; });
    if (it == columns.end()) it = columns.insert(it, Column{row.record->tid, row.record->tgid, {}});
    it->cpus.insert(row.record->cpu);
  }
  const size_t steps = std::max<size_t>(1, columns.size() - 1);
  const size_t step = std::min<size_t>(24, (kColumns - kLeft - kLastRoom) / steps);
  for (size_t i = 0; i < columns.size(); ++i) columns[i].at = kLeft + std::max<size_t>(1, step) * i;
  return columns;
}

std::string cpus_text(const Column& c) {
  std::string text;
  for (uint16_t cpu : c.cpus) text += fmt::format("{}{}", text.empty() ? "CPU " : ",", cpu);
  return text;
}

std::string head(const std::vector<Column>& columns, const Names& names) {
  // each name on a line of its own: names are longer than columns
  std::string out;
  for (const Column& c : columns) {
    std::string line(kLeft, ' ');
    for (const Column& before : columns) {
      if (before.at >= c.at) break;
      line.resize(before.at, ' ');
      line += '|';
    }
    line.resize(c.at, ' ');
    out += line + fmt::format("{} on {}\n", task_text(c.tgid, c.tid, names), cpus_text(c));
  }
  return out;
}

std::string_view arrow(EventKind kind) { return kind == EventKind::entry ? "-> " : kind == EventKind::exit ? "<- " : ""; }
}  // namespace

Ladder ladder(const Window& window, const Report& report) {
  if (window.rows.empty()) return {};
  const std::vector<Column> columns = columns_of(window);
  const uint64_t last = window.rows.back().record->time;
  Aliases aliases;
  std::string rows;
  bool said_left_out = window.left_out == 0;
  for (const WindowRow& row : window.rows) {
    const ev_header& h = *row.record;
    if (!row.evidence && &h != window.invalidation && !said_left_out) {
      rows += fmt::format("{:>12}   {}\n", "...", fmt::format("{} more records of the same objects", grouped(window.left_out)));
      said_left_out = true;
    }
    const EventInfo* info = event_info(h.id);
    const Column& column = *std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.tid == h.tid; });
    const std::string indent(column.at, ' ');
    const std::string begin = fmt::format("{:>12.1f} {} ", (static_cast<double>(h.time) - static_cast<double>(last)) / 1e3,
                                          row.evidence ? '*' : ' ');
    rows += begin + indent.substr(kLeft) + std::string(arrow(info->kind)) + function_of(h, report.names) + "\n";
    if (const std::string text = values(h, row.evidence != nullptr, report.names, aliases); !text.empty())
      rows += fmt::format("{}   {}\n", indent, folded(text, column.at + 3));
    if (row.evidence) rows += fmt::format("{}   # {}\n", indent, folded(row.evidence->role, column.at + 5));
  }
  std::string out = fmt::format("\nThe events (us before the last; * proves it; -> entered, <- returned)\n\n{}{}", head(columns, report.names), rows);
  if (!aliases.legend().empty()) out += fmt::format("\n  where {}\n", folded(aliases.legend(), 8));
  return {std::move(out), aliases.words()};
}

}  // namespace mirrorscope
