// SPDX-License-Identifier: Apache-2.0
// The callbacks of an eponymous virtual table. xBestIndex says which conditions it can make use of, xFilter gets their
// values.
//
// A plan is text: for each value "<column narrows><operator>", '=' '>' '<' (the latter two with or without equality),
// 'i' for one of a list, and an 'o' at the end if the rows have to come in the order of time. SQLite looks at every
// condition again, so a superset will do.
#include "query/sqlite/module.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <new>
#include <string>

#include "query/fields.h"

namespace mirrorscope::query {

namespace {
struct Tab : sqlite3_vtab {
  const Table* table;
};
struct Cursor : sqlite3_vtab_cursor {
  const Table* table;
  std::unique_ptr<Rows> rows;
  bool at_row;
};

class Answer final : public Cell {
 public:
  explicit Answer(sqlite3_context* context) : context_(context) {}
  void null() override { sqlite3_result_null(context_); }
  void number(int64_t value) override { sqlite3_result_int64(context_, value); }
  void text(std::string_view value) override {
    sqlite3_result_text64(context_, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  void lasting(std::string_view text) override {
    sqlite3_result_text64(context_, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }

 private:
  sqlite3_context* context_;
};

std::string declaration(const Table& table) {
  std::string sql = "CREATE TABLE x(";
  for (const Column& c : table.columns()) {
    if (sql.back() != '(') sql += ", ";
    sql.append("\"")
        .append(c.name)
        .append("\" ")
        .append(c.is_text ? "TEXT" : "INTEGER")
        .append(c.hidden ? " HIDDEN" : "");
  }
  return sql + ")";
}

int connect(sqlite3* db, void* aux, int, const char* const*, sqlite3_vtab** out, char**) {
  const auto* table = static_cast<const Table*>(aux);
  if (const int code = sqlite3_declare_vtab(db, declaration(*table).c_str()); code != SQLITE_OK) return code;
  sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
  auto* tab = new (std::nothrow) Tab{};
  if (!tab) return SQLITE_NOMEM;
  tab->table = table;
  *out = tab;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* tab) {
  delete static_cast<Tab*>(tab);
  return SQLITE_OK;
}

// '=', '>' or '<'; 0 if it is of no use
char operator_of(unsigned char op) {
  switch (op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
      return '=';
    case SQLITE_INDEX_CONSTRAINT_GT:
    case SQLITE_INDEX_CONSTRAINT_GE:
      return '>';
    case SQLITE_INDEX_CONSTRAINT_LT:
    case SQLITE_INDEX_CONSTRAINT_LE:
      return '<';
    default:
      return 0;
  }
}

// narrow_event() takes names as any collation of SQLite may
bool is_of_text(Narrows n) { return n == Narrows::mm || n == Narrows::trace; }

// What of condition `i` is worth while: the operator for the plan, 0: nothing.
char use_of(sqlite3_index_info* info, int i, Narrows narrows) {
  const auto& c = info->aConstraint[i];
  const char op = operator_of(c.op);
  if (!c.usable || narrows == Narrows::nothing || op == 0) return 0;
  if (op != '=') return narrows == Narrows::time ? op : 0;
  // names are equal byte for byte, or it is not for us to say
  if (is_of_text(narrows) && std::string_view(sqlite3_vtab_collation(info, i)) != "BINARY") return 0;
  // for a list SQLite would make one pass per value, unless it can be had as a whole
  if (!sqlite3_vtab_in(info, i, -1)) return op;
  if (narrows != Narrows::event) return 0;
  sqlite3_vtab_in(info, i, 1);
  return 'i';
}

int best_index(sqlite3_vtab* tab, sqlite3_index_info* info) {
  const Table& table = *static_cast<Tab*>(tab)->table;
  std::string plan;
  double share = 1, effort = 1;
  int arguments = 0;
  for (int i = 0; i < info->nConstraint; ++i) {
    const int column = info->aConstraint[i].iColumn;
    if (column < 0) continue;
    const Narrows narrows = table.columns()[static_cast<size_t>(column)].narrows;
    const char op = use_of(info, i, narrows);
    if (op == 0) continue;
    info->aConstraintUsage[i].argvIndex = ++arguments;
    plan += static_cast<char>('a' + static_cast<char>(narrows));
    plan += op;
    const double part = narrows == Narrows::time ? (op == '=' ? 0.001 : 0.1) : 0.3;
    share *= part;
    // the others are left out after they were read
    if (narrows == Narrows::time || narrows == Narrows::cpu || narrows == Narrows::trace) effort *= part;
  }
  if (info->nOrderBy == 1 && table.ordered() && !info->aOrderBy[0].desc && info->aOrderBy[0].iColumn >= 0 &&
      table.columns()[static_cast<size_t>(info->aOrderBy[0].iColumn)].narrows == Narrows::time) {
    info->orderByConsumed = 1;
    plan += 'o';
  }
  info->estimatedRows = static_cast<sqlite3_int64>(std::max(1.0, table.size() * share));
  info->estimatedCost = std::max(1.0, table.effort() * effort);
  info->idxStr = sqlite3_mprintf("%s", plan.c_str());
  info->needToFreeIdxStr = 1;
  return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

int open(sqlite3_vtab* tab, sqlite3_vtab_cursor** out) {
  auto* cursor = new (std::nothrow) Cursor{};
  if (!cursor) return SQLITE_NOMEM;
  cursor->table = static_cast<Tab*>(tab)->table;
  *out = cursor;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
  delete static_cast<Cursor*>(cursor);
  return SQLITE_OK;
}

// What a comparison with a number means for whole ones; false: nothing.
bool whole(sqlite3_value* value, bool upwards, int64_t& out) {
  const int type = sqlite3_value_numeric_type(value);
  if (type == SQLITE_INTEGER) return out = sqlite3_value_int64(value), true;
  if (type != SQLITE_FLOAT) return false;
  const double number = upwards ? std::ceil(sqlite3_value_double(value)) : std::floor(sqlite3_value_double(value));
  if (!(number > -9.2e18 && number < 9.2e18)) return false;
  return out = static_cast<int64_t>(number), true;
}

void narrow_time(Wanted& wanted, char op, sqlite3_value* value) {
  int64_t number = 0;
  if (op != '<' && whole(value, false, number)) wanted.from = std::max(wanted.from, number);
  if (op != '>' && whole(value, true, number)) wanted.until = std::min(wanted.until, number);
}

std::optional<std::string> text_of(sqlite3_value* value) {
  if (sqlite3_value_type(value) != SQLITE_TEXT) return {};
  return std::string(reinterpret_cast<const char*>(sqlite3_value_text(value)),
                     static_cast<size_t>(sqlite3_value_bytes(value)));
}

// Only what is written as we write it can be equal to it.
void narrow_mm(Wanted& wanted, sqlite3_value* value) {
  const auto text = text_of(value);
  uint64_t mm = 0;
  char room[20];
  if (!text || !text->starts_with("0x")) return;
  std::from_chars(text->data() + 2, text->data() + text->size(), mm, 16);
  if (hex(mm, room) == *text) wanted.mm = mm;
}

// SQLite makes `event = 'X' COLLATE NOCASE OR event = 'y'` a list without saying how its first name is compared:
// capitals and blanks behind the name make no difference here.
std::string plain(std::string name) {
  name.erase(name.find_last_not_of(' ') + 1);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

void narrow_event(Wanted& wanted, char op, sqlite3_value* value) {
  std::vector<std::string> names;
  const auto add = [&names](sqlite3_value* one) {
    if (auto name = text_of(one)) names.push_back(plain(*std::move(name)));
  };
  sqlite3_value* one = nullptr;
  if (op == '=') {
    if (sqlite3_value_type(value) != SQLITE_TEXT) return;
    add(value);
  } else {
    for (int code = sqlite3_vtab_in_first(value, &one); code == SQLITE_OK && one;
         code = sqlite3_vtab_in_next(value, &one))
      add(one);
  }
  wanted.events = std::move(names);
}

Wanted wanted_by(const char* plan, sqlite3_value** values) {
  Wanted wanted;
  const auto number = [&](std::optional<int64_t>& to, sqlite3_value* value) {
    if (sqlite3_value_type(value) == SQLITE_INTEGER) to = sqlite3_value_int64(value);
  };
  for (; plan[0] && plan[1]; plan += 2, ++values) switch (static_cast<Narrows>(plan[0] - 'a')) {
      case Narrows::time:
        narrow_time(wanted, plan[1], *values);
        break;
      case Narrows::cpu:
        number(wanted.cpu, *values);
        break;
      case Narrows::tid:
        number(wanted.tid, *values);
        break;
      case Narrows::tgid:
        number(wanted.tgid, *values);
        break;
      case Narrows::trace:
        wanted.trace = text_of(*values);
        break;
      case Narrows::mm:
        narrow_mm(wanted, *values);
        break;
      case Narrows::event:
        narrow_event(wanted, plan[1], *values);
        break;
      case Narrows::nothing:
        break;
    }
  wanted.in_order = plan[0] == 'o';
  return wanted;
}

// Nothing is thrown through SQLite.
template <class Do>
int guarded(sqlite3_vtab* tab, Do what) {
  try {
    return what();
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  } catch (const std::exception& error) {
    sqlite3_free(tab->zErrMsg);
    tab->zErrMsg = sqlite3_mprintf("%s", error.what());
    return SQLITE_ERROR;
  }
}

int advance(Cursor& cursor) {
  cursor.at_row = cursor.rows->next();
  const Error* error = cursor.at_row ? nullptr : cursor.rows->error();
  if (!error) return SQLITE_OK;
  sqlite3_free(cursor.pVtab->zErrMsg);
  cursor.pVtab->zErrMsg = sqlite3_mprintf("%s", error->message.c_str());
  return SQLITE_ERROR;
}

int filter(sqlite3_vtab_cursor* at, int, const char* plan, int, sqlite3_value** values) {
  auto& cursor = *static_cast<Cursor*>(at);
  return guarded(at->pVtab, [&] {
    cursor.rows.reset();
    cursor.rows = cursor.table->rows(wanted_by(plan, values));
    return advance(cursor);
  });
}

int next(sqlite3_vtab_cursor* at) {
  return guarded(at->pVtab, [&] { return advance(*static_cast<Cursor*>(at)); });
}

int eof(sqlite3_vtab_cursor* at) { return static_cast<Cursor*>(at)->at_row ? 0 : 1; }

int column(sqlite3_vtab_cursor* at, sqlite3_context* context, int index) {
  return guarded(at->pVtab, [&] {
    Answer result(context);
    static_cast<Cursor*>(at)->rows->value(static_cast<size_t>(index), result);
    return SQLITE_OK;
  });
}

int rowid(sqlite3_vtab_cursor* at, sqlite3_int64* out) {
  *out = static_cast<Cursor*>(at)->rows->id();
  return SQLITE_OK;
}

const sqlite3_module kModule = [] {
  sqlite3_module m{};
  m.xConnect = connect;
  m.xBestIndex = best_index;
  m.xDisconnect = disconnect;
  m.xOpen = open;
  m.xClose = close;
  m.xFilter = filter;
  m.xNext = next;
  m.xEof = eof;
  m.xColumn = column;
  m.xRowid = rowid;
  return m;
}();
}  // namespace

Result<void> add_table(sqlite3* db, const Table& table) {
  // a module without xCreate is a table of its own name; nothing writes through the pointer
  if (sqlite3_create_module_v2(db, table.name().c_str(), &kModule, const_cast<Table*>(&table), nullptr) != SQLITE_OK)
    return fail(0, "cannot make the table ", table.name(), ": ", sqlite3_errmsg(db));
  return {};
}

}  // namespace mirrorscope::query
