// SPDX-License-Identifier: Apache-2.0
// What the fields of a record say, as a reader of the kernel would write it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "analyzer/engine/names.h"
#include "schema/catalog.h"

namespace mirrorscope {

// The field of that name as a number, nothing if the event has none or it is no single number.
std::optional<uint64_t> number_in(const ev_header& record, std::string_view field);
// The value of one field that is no array: label, -EAGAIN, hex address, symbol.
std::string value_text(const ev_header& record, const FieldInfo& field, const Names& names);
// "rdma_churn (227/231)", or "task (227/231)" if the trace does not say its name.
std::string task_text(uint32_t tgid, uint32_t tid, const Names& names);
// The function that an event stands for: "hmm_range_fault()", or the callback's own name; the event's name if it stands for none.
std::string function_of(const ev_header& record, const Names& names);

}  // namespace mirrorscope
