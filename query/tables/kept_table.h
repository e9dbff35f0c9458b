// SPDX-License-Identifier: Apache-2.0
// A table of few rows, which are made when they are first asked for and kept.
#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "query/table.h"

namespace mirrorscope::query {

using KeptValue = std::variant<std::monostate, int64_t, std::string>;
using KeptRow = std::vector<KeptValue>;
using MakeRows = std::function<Result<std::vector<KeptRow>>()>;

std::unique_ptr<Table> kept_table(std::string name, std::string says, std::vector<Column> columns, double effort, MakeRows make);

}  // namespace mirrorscope::query
