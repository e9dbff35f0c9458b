// SPDX-License-Identifier: Apache-2.0
// Which tables there are, but for the views over them.
#pragma once

#include <memory>
#include <vector>

#include "query/table.h"
#include "query/traces.h"

namespace mirrorscope::query {

using Tables = std::vector<std::unique_ptr<Table>>;

// A table for each event of the schema, and `events` for all of them.
void add_event_tables(Tables& tables, const Traces& traces);
// A table for each pair of the schema, entry and return, and those for what begins and ends with other events.
void add_span_tables(Tables& tables, const Traces& traces);
// What `check` says: findings, rules, losses.
void add_verdict_tables(Tables& tables, const Traces& traces);
// traces, processes.
void add_origin_tables(Tables& tables, const Traces& traces);

}  // namespace mirrorscope::query
