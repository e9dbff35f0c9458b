// SPDX-License-Identifier: Apache-2.0
// One connection: tables and views are made, the guard is set, statements run.
#include "query/query.h"

#include <sqlite3.h>

#include "query/sqlite/copy.h"
#include "query/sqlite/guard.h"
#include "query/sqlite/module.h"
#include "query/tables/tables.h"

namespace mirrorscope::query {

namespace {
struct Close {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
};

Value value_of(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      return std::monostate();
    case SQLITE_INTEGER:
      return static_cast<int64_t>(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    default: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      return std::string_view(bytes, static_cast<size_t>(sqlite3_column_bytes(statement, column)));
    }
  }
}

// Is there nothing but blanks, semicolons and comments?
bool is_blank(sqlite3* db, const char* sql) {
  while (*sql) {
    sqlite3_stmt* raw = nullptr;
    const char* rest = sql;
    const int code = sqlite3_prepare_v2(db, sql, -1, &raw, &rest);
    sqlite3_finalize(raw);
    if (code != SQLITE_OK || raw || rest == sql) return false;
    sql = rest;
  }
  return true;
}

// SQLite declares a table when it is first named, and asks the guard whether it may: so that is done before there is
// one.
Result<void> connect_table(sqlite3* db, const Table& table) {
  if (auto added = add_table(db, table); !added) return added;
  const std::string sql = "SELECT 1 FROM \"" + table.name() + "\"";
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
  sqlite3_finalize(statement);
  if (code != SQLITE_OK) return fail(0, "cannot make the table ", table.name(), ": ", sqlite3_errmsg(db));
  return {};
}
}  // namespace

struct Query::Inside {
  std::unique_ptr<Traces> traces;
  Tables tables;
  Guard guard;
  std::unique_ptr<sqlite3, Close> db;  // ends before what it points to

  Error why() {
    if (traces->stopped()) return fail(0, "interrupted");
    if (const std::string what = guard.refused(); !what.empty())
      return fail(0, "cannot do that: traces are only read, and ", what, " is refused");
    const std::string message = sqlite3_errmsg(db.get());
    if (message.ends_with("may not be modified")) return fail(0, "cannot do that: traces are only read");
    if (message.starts_with("no such table"))
      return fail(0, "cannot run the query: ", message, "; --tables lists them");
    if (message.starts_with("no such column"))
      return fail(0, "cannot run the query: ", message, "; --schema TABLE lists them");
    return fail(0, "cannot run the query: ", message);
  }
};

Query::Query() : inside_(std::make_unique<Inside>()) {}
Query::~Query() = default;

Result<std::unique_ptr<Query>> Query::over(const std::vector<std::string>& paths) {
  auto traces = Traces::open(paths);
  if (!traces) return traces.error();
  std::unique_ptr<Query> query(new Query);
  Inside& in = *query->inside_;
  in.traces = *std::move(traces);
  add_origin_tables(in.tables, *in.traces);
  add_verdict_tables(in.tables, *in.traces);
  add_span_tables(in.tables, *in.traces);
  add_event_tables(in.tables, *in.traces);
  sqlite3* db = nullptr;
  const int opened =
      sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  in.db.reset(db);
  if (opened != SQLITE_OK) return fail(0, "cannot start SQLite: ", sqlite3_errstr(opened));
  for (const auto& table : in.tables)
    if (auto added = connect_table(db, *table); !added) return added.error();
  for (const Named& view : views()) {
    const std::string sql = "CREATE VIEW " + std::string(view.name) + " AS " + std::string(view.sql);
    if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      return fail(0, "cannot make the view ", view.name, ": ", sqlite3_errmsg(db));
  }
  in.guard.watch(db);
  return query;
}

Result<void> Query::run(const std::string& sql, Sink& sink) {
  Inside& in = *inside_;
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  const int prepared = sqlite3_prepare_v2(in.db.get(), sql.c_str(), static_cast<int>(sql.size()) + 1, &raw, &rest);
  const std::unique_ptr<sqlite3_stmt, Close> statement(raw);
  if (prepared != SQLITE_OK) return in.why();
  if (!raw) return fail(0, "cannot run the query: it is empty");
  if (!is_blank(in.db.get(), rest)) {
    in.guard.refused();  // whatever the second one wanted
    return fail(0, "cannot run more than one statement; behind the first stands '", rest, "'");
  }
  if (!sqlite3_stmt_readonly(raw)) return fail(0, "cannot do that: traces are only read");
  const int count = sqlite3_column_count(raw);
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.emplace_back(sqlite3_column_name(raw, i));
  sink.columns(names);
  std::vector<Value> values(static_cast<size_t>(count));
  for (int code; (code = sqlite3_step(raw)) != SQLITE_DONE;) {
    if (code != SQLITE_ROW || in.traces->stopped()) return in.why();
    for (int i = 0; i < count; ++i) values[static_cast<size_t>(i)] = value_of(raw, i);
    if (!sink.row(values)) break;
  }
  if (in.traces->stopped()) return in.why();
  return {};
}

Result<void> Query::save(const std::string& path) {
  Inside& in = *inside_;
  in.guard.leave(in.db.get());
  auto saved = copy_into(in.db.get(), in.tables, path);
  in.guard.watch(in.db.get());
  if (in.traces->stopped()) return in.why();
  return saved;
}

void Query::interrupt() noexcept {
  inside_->traces->stop();
  sqlite3_interrupt(inside_->db.get());
}

std::vector<TableInfo> Query::tables() const {
  std::vector<TableInfo> out;
  for (const Named& view : views()) out.push_back({std::string(view.name), std::string(view.says), nullptr, view.sql});
  for (const auto& table : inside_->tables) out.push_back({table->name(), table->says(), table.get(), {}});
  return out;
}

const std::set<std::string>& Query::damage() const { return inside_->traces->damage(); }

}  // namespace mirrorscope::query
