// SPDX-License-Identifier: Apache-2.0
// Lists of tables, columns and recipes.
#include "cli/output/query_page.h"

#include <fmt/format.h>

namespace mirrorscope::cli {

namespace {
class NamesOnly final : public query::Sink {
 public:
  void columns(std::span<const std::string> names) override { names_.assign(names.begin(), names.end()); }
  bool row(std::span<const query::Value>) override { return false; }
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

// A view has columns, and what they mean its SELECT says.
std::string columns_of_view(query::Query& query, const std::string& name) {
  NamesOnly sink;
  std::string list;
  if (query.run("SELECT * FROM " + name, sink))
    for (const std::string& column : sink.names()) list += (list.empty() ? "" : ", ") + column;
  return list;
}

bool is_call(const query::TableInfo& t) { return t.name.ends_with("_calls"); }
bool is_event(const query::TableInfo& t) { return event_named(t.name) != nullptr; }

void describe(std::string& out, query::Query& query, const query::TableInfo& t) {
  out += fmt::format("\n### {}\n\n{}\n\n", t.name, t.says);
  if (!t.table) {
    out += fmt::format("{}\n\n```sql\n{}```\n", columns_of_view(query, t.name), t.sql);
    return;
  }
  out += "| column | type | says |\n|---|---|---|\n";
  for (const query::Column& c : t.table->columns())
    if (!c.hidden) out += fmt::format("| {} | {} | {} |\n", c.name, c.is_text ? "TEXT" : "INTEGER", c.says);
}
}  // namespace

std::string schema_text(query::Query& query, const query::TableInfo& t) {
  std::string out = fmt::format("{}: {}\n", t.name, t.says);
  if (!t.table) return out + fmt::format("  columns: {}\n{}", columns_of_view(query, t.name), t.sql);
  for (const query::Column& c : t.table->columns())
    out += fmt::format("  {:24} {:8} {}{}\n", c.name, c.is_text ? "TEXT" : "INTEGER", c.says,
                       c.hidden ? " (not in *)" : "");
  return out;
}

std::string query_page(query::Query& query) {
  std::string out(query::guide());
  out +=
      "\n## Tables\n\nBeside these there is one for each event of [events.md](events.md). Made by `mirrorscope query "
      "--markdown`; a test compares.\n";
  std::string calls;
  for (const query::TableInfo& t : query.tables()) {
    if (is_call(t)) calls += fmt::format("| {} | {} |\n", t.name, t.says);
    if (!is_call(t) && !is_event(t)) describe(out, query, t);
  }
  out += "\n### Calls\n\n| table | a row per call |\n|---|---|\n" + calls;
  out +=
      "\n## Recipes\n\n`mirrorscope query --recipe NAME TRACE…` asks one of these; each is a file in "
      "`query/recipes`.\n";
  for (const query::Named& r : query::recipes())
    out += fmt::format("\n### {}\n\n{}\n\n```sql\n{}```\n", r.name, r.says, r.sql);
  return out;
}

}  // namespace mirrorscope::cli
