// SPDX-License-Identifier: Apache-2.0
// What a table of a query is: columns, and rows that are made one at a time while they are asked for. No word of SQLite
// here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trace/result.h"

namespace mirrorscope::query {

// Where a value goes. Exactly one call per value; text is copied.
class Cell {
 public:
  virtual void null() = 0;
  virtual void number(int64_t value) = 0;
  virtual void text(std::string_view value) = 0;
  // Text that stays where it is as long as the table is: not copied.
  virtual void lasting(std::string_view text) = 0;

 protected:
  ~Cell() = default;
};

// What a condition on a column spares us: the table need not even look at what it does not want.
enum class Narrows : uint8_t { nothing, time, cpu, tid, tgid, mm, trace, event };

struct Column {
  std::string name;
  bool is_text;
  std::string says;
  bool hidden = false;  // only given where it is asked for by its name
  Narrows narrows = Narrows::nothing;
};

// Of the rows that a query wants, a superset: the query looks at every row again.
struct Wanted {
  int64_t from = INT64_MIN, until = INT64_MAX;  // time, both included
  std::optional<int64_t> cpu, tid, tgid;
  std::optional<uint64_t> mm;
  std::optional<std::string> trace;
  std::optional<std::vector<std::string>> events;  // one of these
  bool in_order = false;  // of time; only asked for where Table::ordered() says that it can be had
};

// Stands on one row after another.
class Rows {
 public:
  virtual ~Rows() = default;
  // Goes to the first row, then to the next; false at the end, which error() may explain.
  virtual bool next() = 0;
  virtual void value(size_t column, Cell& cell) const = 0;
  // Of the row: the same in every pass, and no other row's. For OR, SQLite makes several passes and takes each row
  // once.
  virtual int64_t id() const = 0;
  virtual const Error* error() const { return nullptr; }
};

class Table {
 public:
  Table(std::string name, std::string says, std::vector<Column> columns)
      : name_(std::move(name)), says_(std::move(says)), columns_(std::move(columns)) {}
  virtual ~Table() = default;

  const std::string& name() const { return name_; }
  const std::string& says() const { return says_; }
  const std::vector<Column>& columns() const { return columns_; }

  // A pass over what is wanted, from the beginning. The table outlives it.
  virtual std::unique_ptr<Rows> rows(const Wanted& wanted) const = 0;
  // Can rows() give them in the order of time?
  virtual bool ordered() const { return false; }
  // About how many there are, and how many records a pass over all of them reads.
  virtual double size() const = 0;
  virtual double effort() const = 0;

 private:
  std::string name_, says_;
  std::vector<Column> columns_;
};

}  // namespace mirrorscope::query
