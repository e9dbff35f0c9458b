// SPDX-License-Identifier: Apache-2.0
// All tables and views as an ordinary SQLite file, for programs that know nothing of traces.
#pragma once

#include <sqlite3.h>

#include <string>

#include "query/tables/tables.h"

namespace mirrorscope::query {

// Writes it beside `path` and renames it when it is whole; a file that is there is replaced, what is no file is an
// Error. Every table has all of its columns, those that * leaves out too, because views want them. For a connection
// without a Guard.
Result<void> copy_into(sqlite3* db, const Tables& tables, const std::string& path);

}  // namespace mirrorscope::query
