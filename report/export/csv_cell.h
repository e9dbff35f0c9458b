// SPDX-License-Identifier: Apache-2.0
// A cell of CSV (RFC 4180) that holds a name, for readers who open the file in a spreadsheet too.
#pragma once

#include <string>
#include <string_view>

namespace mirrorscope {

// `shown` as schema/shown.h has it. Quoted where RFC 4180 wants it. A spreadsheet takes what begins with = + - or @ for a
// formula, in quotes or not: that character is written \xNN, as others are that cannot be shown.
std::string csv_cell(std::string_view shown);

}  // namespace mirrorscope
