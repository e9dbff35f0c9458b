// SPDX-License-Identifier: Apache-2.0
// A report as JSON for programs: one object, keys stable, docs/results.md has them.
#pragma once

#include <string>

#include "report/render/format.h"

namespace mirrorscope {

std::string to_json(const Document& document);
// One record as a JSON object on one line: header fields, event name, fields; enums by label, addresses as hex strings,
// text as schema/shown.h has it, so that its bytes can be had back whatever they are.
std::string record_to_json(const ev_header& record);
// The rule catalog as a JSON array.
std::string rules_to_json();

}  // namespace mirrorscope
