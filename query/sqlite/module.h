// SPDX-License-Identifier: Apache-2.0
// A Table as a virtual table of SQLite: what it is asked for, and how values get across.
#pragma once

#include <sqlite3.h>

#include "query/table.h"
#include "trace/result.h"

namespace mirrorscope::query {

// There from now on under its name, without CREATE. The table outlives the connection.
Result<void> add_table(sqlite3* db, const Table& table);

}  // namespace mirrorscope::query
