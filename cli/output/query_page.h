// SPDX-License-Identifier: Apache-2.0
// What can be asked in SQL, for people: tables and their columns on a terminal, and docs/query.md.
#pragma once

#include <string>
#include <vector>

#include "query/query.h"

namespace mirrorscope::cli {

// The columns and what they mean; of a view, its SELECT too.
std::string schema_text(query::Query& query, const query::TableInfo& table);
// The guide, then every table but those of single events, then the recipes.
std::string query_page(query::Query& query);

}  // namespace mirrorscope::cli
