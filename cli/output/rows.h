// SPDX-License-Identifier: Apache-2.0
// How the answer to a query is printed: a table for people, CSV, JSON. Row by row; nothing is kept but the first screen
// of a table.
#pragma once

#include <cstdio>
#include <memory>
#include <string_view>

#include "query/query.h"

namespace mirrorscope::cli {

class RowsOut : public query::Sink {
 public:
  // Behind the last row.
  virtual void finish() = 0;
};

// format: table, csv or json. Text is printed as it can be shown (schema/shown.h).
std::unique_ptr<RowsOut> rows_out(std::string_view format, std::FILE* out);

}  // namespace mirrorscope::cli
