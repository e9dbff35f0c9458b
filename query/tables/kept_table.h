// SPDX-License-Identifier: Apache-2.0
// A table of few rows, which are made when they are first asked for and kept.
#pragma once

#include <functional>
#include <initializer_list>
#include <optional>
#include <variant>

#include "query/table.h"
#include "query/traces.h"

namespace mirrorscope::query {

using KeptValue = std::variant<std::monostate, int64_t, std::string>;
using KeptRow = std::vector<KeptValue>;
using MakeRows = std::function<Result<std::vector<KeptRow>>()>;

// `columns` come behind trace and host, which every table begins with: a row begins with from(). effort: about how many
// records are read to make the rows.
std::unique_ptr<Table> kept_table(std::string name, std::string says, std::vector<Column> columns, double effort,
                                  MakeRows make);

// A row of this trace.
KeptRow from(const OpenTrace& trace, std::initializer_list<KeptValue> values);
// As SQLite has numbers: with a sign.
inline KeptValue kept(uint64_t number) { return static_cast<int64_t>(number); }

}  // namespace mirrorscope::query
