// SPDX-License-Identifier: Apache-2.0
// Reading is allowed, and nothing else: a list of what may be done, not of what may not.
#include "query/sqlite/guard.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace mirrorscope::query {

namespace {
constexpr sqlite3_int64 kMostMemory = sqlite3_int64{2} << 30;
constexpr std::array<std::string_view, 5> kFunctions{"load_extension", "readfile", "writefile", "edit",
                                                     "fts3_tokenizer"};

std::string word_for(int action) {
  switch (action) {
    case SQLITE_ATTACH:
      return "ATTACH";
    case SQLITE_DETACH:
      return "DETACH";
    case SQLITE_PRAGMA:
      return "PRAGMA";
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
      return "a transaction";
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
      return "writing";
    default:
      return "whatever is no SELECT";
  }
}
}  // namespace

int Guard::decide(void* self, int action, const char*, const char* second, const char*, const char*) {
  auto& guard = *static_cast<Guard*>(self);
  if (action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE) return SQLITE_OK;
  if (action == SQLITE_FUNCTION) {
    if (!second || std::find(kFunctions.begin(), kFunctions.end(), std::string_view(second)) == kFunctions.end())
      return SQLITE_OK;
    guard.refused_ = std::string(second) + "()";
    return SQLITE_DENY;
  }
  if (guard.refused_.empty()) guard.refused_ = word_for(action);
  return SQLITE_DENY;
}

void Guard::watch(sqlite3* db) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 64 << 20);
  sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, 1 << 20);
  sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 200);
  sqlite3_hard_heap_limit64(kMostMemory);
  sqlite3_set_authorizer(db, decide, this);
}

void Guard::leave(sqlite3* db) {
  sqlite3_set_authorizer(db, nullptr, nullptr);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 1);
}

std::string Guard::refused() { return std::exchange(refused_, {}); }

}  // namespace mirrorscope::query
