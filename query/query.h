// SPDX-License-Identifier: Apache-2.0
// SQL over traces as they lie on disk.
//
//   auto query = Query::over({"run"});
//   auto done = (*query)->run("SELECT reason, count(*) FROM inv_start GROUP BY reason", sink);
//
// The database is empty and in memory: there is nothing to write to, and whatever is no SELECT is refused.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "query/table.h"
#include "trace/result.h"

namespace mirrorscope::query {

using Value = std::variant<std::monostate, int64_t, double, std::string_view>;

// Who gets the answer. What is given is valid during the call.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void columns(std::span<const std::string> names) = 0;
  // false: no more is wanted
  virtual bool row(std::span<const Value> values) = 0;
};

// A table or view, for who wants to know what can be asked.
struct TableInfo {
  std::string name, says;
  const Table* table;  // null: a view, whose SELECT is
  std::string_view sql;
};

class Query {
 public:
  // No traces: only to see which tables there are. One that cannot be read is an Error.
  static Result<std::unique_ptr<Query>> over(const std::vector<std::string>& traces);
  ~Query();

  // Streams the answer to one SELECT. The Error is one sentence.
  Result<void> run(const std::string& sql, Sink& sink);
  // All tables and views as an SQLite file (sqlite/copy.h).
  Result<void> save(const std::string& path);
  // From a signal handler: run() ends with an Error soon.
  void interrupt() noexcept;

  // Views first, then what is joined or judged, then an event each.
  std::vector<TableInfo> tables() const;
  // What could not be read so far, a sentence each.
  const std::set<std::string>& damage() const;

 private:
  Query();
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

// A question with a name: recipes/<name>.sql, whose first line says what it answers.
struct Named {
  std::string_view name, says, sql;
};
std::vector<Named> recipes();
std::vector<Named> views();
// How to ask, in Markdown: the head of docs/query.md.
std::string_view guide();

}  // namespace mirrorscope::query
