// SPDX-License-Identifier: Apache-2.0
// One INSERT … SELECT per table that has rows.
#include "query/sqlite/copy.h"

#include <filesystem>
#include <set>

#include "query/query.h"

namespace mirrorscope::query {

namespace {
std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

Result<void> run(sqlite3* db, const std::string& sql, const std::string& path) {
  if (sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return fail(0, "cannot write ", path, ": ", sqlite3_errmsg(db));
}

// The events that occur: the tables of all others are empty and need no pass.
std::set<std::string> occurring(sqlite3* db) {
  std::set<std::string> names;
  sqlite3_exec(
      db, "SELECT DISTINCT event FROM main.events",
      [](void* to, int, char** row, char**) {
        static_cast<std::set<std::string>*>(to)->insert(row[0]);
        return 0;
      },
      &names, nullptr);
  return names;
}

Result<void> copy_table(sqlite3* db, const Table& table, bool has_rows, const std::string& path) {
  std::string declared, names;
  for (const Column& c : table.columns()) {
    declared += (declared.empty() ? "" : ", ") + in_quotes(c.name) + (c.is_text ? " TEXT" : " INTEGER");
    names += (names.empty() ? "" : ", ") + in_quotes(c.name);
  }
  const std::string name = in_quotes(table.name());
  if (auto made = run(db, "CREATE TABLE copy." + name + "(" + declared + ")", path); !made || !has_rows) return made;
  return run(db, "INSERT INTO copy." + name + " SELECT " + names + " FROM main." + name, path);
}

Result<void> fill(sqlite3* db, const Tables& tables, const std::string& path) {
  // nobody reads it before it is whole, and what is not whole is removed
  if (auto set = run(db, "PRAGMA copy.journal_mode = OFF; PRAGMA copy.synchronous = OFF; BEGIN", path); !set)
    return set;
  const std::set<std::string> events = occurring(db);
  for (const auto& table : tables) {
    const bool has_rows = !event_named(table->name()) || events.contains(table->name());
    if (auto copied = copy_table(db, *table, has_rows, path); !copied) return copied;
  }
  for (const Named& view : views())
    if (auto made = run(db, "CREATE VIEW copy." + std::string(view.name) + " AS " + std::string(view.sql), path); !made)
      return made;
  return run(db, "COMMIT", path);
}
}  // namespace

Result<void> copy_into(sqlite3* db, const Tables& tables, const std::string& path) {
  std::error_code ignored, renamed;
  const auto status = std::filesystem::status(path, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    return fail(0, "cannot write ", path, ": it is no file, and SQLite needs one");
  const std::string part = path + ".part";
  std::filesystem::remove(part, ignored);
  char* attach = sqlite3_mprintf("ATTACH %Q AS copy", part.c_str());
  auto done = run(db, attach, path);
  sqlite3_free(attach);
  if (done) done = fill(db, tables, path);
  if (!done && !sqlite3_get_autocommit(db)) sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_exec(db, "DETACH copy", nullptr, nullptr, nullptr);
  if (done) std::filesystem::rename(part, path, renamed);
  if (done && renamed) done = fail(0, "cannot write ", path, ": ", renamed.message());
  if (!done) std::filesystem::remove(part, ignored);
  return done;
}

}  // namespace mirrorscope::query
