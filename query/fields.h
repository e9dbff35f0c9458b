// SPDX-License-Identifier: Apache-2.0
// The columns that records give: made from the schema, never from a list of their own.
//
// A field of the event keeps its name. What the header and the trace say has its plain name where the event has no such
// field, else h_ and the name. Numbers are INTEGER, kernel addresses and page frames the hexadecimal text that `dump`
// prints, labels text. SQLite has no unsigned numbers: a user address beyond INT64_MAX, which is the end of an address
// space, is INT64_MAX, so that ranges can be compared; any other such number is negative.
#pragma once

#include <string>
#include <vector>

#include "query/table.h"
#include "query/traces.h"
#include "schema/catalog.h"

namespace mirrorscope::query {

// What of a record, and of the trace that it is from, a column shows.
struct Source {
  enum What : uint8_t {
    trace,
    host,
    event,
    time,
    cpu,
    sequence,
    mm,
    tid,
    tgid,
    task,
    process,
    text,
    field,
    number,
    label,
    name
  } what;
  const FieldInfo* of = nullptr;  // from `field` on
};

struct RecordColumns {
  std::vector<Column> columns;
  std::vector<Source> sources;  // of each

  void add(Column column, Source source);
};

// What the header and the trace say, then the fields of `event`; null: any event, with its name, as `dump` prints it.
RecordColumns columns_of(const EventInfo* event);
// Only the columns of the fields, named by `rename`.
void add_fields(RecordColumns& to, const EventInfo& event,
                std::string (*rename)(const RecordColumns& so_far, std::string name));

void show(const Source& source, const ev_header& record, const OpenTrace& trace, Cell& cell);

// "0xffff888004a1c000" in `room`.
std::string_view hex(uint64_t value, char (&room)[20]);

}  // namespace mirrorscope::query
