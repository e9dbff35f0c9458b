// SPDX-License-Identifier: Apache-2.0
// A result file: what `check --format json` or `merge --format json` wrote, one object behind the other.
#pragma once

#include <string>
#include <string_view>

#include "report/render/format.h"
#include "report/result/merged.h"

namespace mirrorscope {

// Adds what is in the text of `file`. What is cut, no result or of another version is in merged.unreadable(), what stands in front of it
// is added. False: nothing could be read of it.
bool add_file(Merged& merged, std::string_view text, const std::string& file);

// A line per part: "NAME" or "NAME<TAB>EXIT"; lines that are empty or begin with '#' say nothing. The sentence why it is no such list, empty if it is one.
std::string add_expected(Merged& merged, std::string_view text);

// The part that a document of one trace is, as it is read back from a file.
Part part_of(const Document& document);

std::string merged_json(const Merged& merged, const Summary& summary, std::string_view version);

}  // namespace mirrorscope
