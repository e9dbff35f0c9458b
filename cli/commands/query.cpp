// SPDX-License-Identifier: Apache-2.0
// mirrorscope query: SQL over traces as they lie on disk.
#include "query/query.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "cli/options/suggest.h"
#include "cli/output/query_page.h"
#include "cli/output/refusal.h"
#include "cli/output/rows.h"
#include "cli/subcommand.h"
#include "schema/meant.h"

namespace mirrorscope::cli {

namespace {
struct QueryOptions {
  std::string sql;
  std::vector<std::string> traces;
  std::string recipe;
  std::string format = "table";
  std::string schema;
  bool list_tables = false;
  bool list_recipes = false;
  bool markdown = false;
};


// Ctrl-C ends the query; the second one the program.
query::Query* asked = nullptr;
extern "C" void on_interrupt(int) { asked->interrupt(); }
void interruptible(query::Query* query) {
  asked = query;
  struct sigaction action {};
  if (query) action.sa_handler = on_interrupt;
  action.sa_flags = SA_RESETHAND;
  sigaction(SIGINT, &action, nullptr);
}

void print_list(const std::string& name, const std::string& says) { fmt::print("{:26} {}\n", name, says); }

int list_tables(const query::Query& query) {
  for (const query::TableInfo& t : query.tables()) print_list(t.name, t.says);
  return exit_ok;
}

int print_schema(query::Query& query, const std::string& name) {
  std::vector<std::string> names;
  bool found = false;
  for (const query::TableInfo& t : query.tables()) {
    names.push_back(t.name);
    if (name != "all" && t.name != name) continue;
    fmt::print("{}", schema_text(query, t));
    found = true;
  }
  return found ? int{exit_ok} : refuse("query", no_such("table", name, names, "--tables lists them"));
}

std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const query::Named& r : query::recipes()) names.emplace_back(r.name);
  return names;
}

int list_recipes() {
  for (const query::Named& r : query::recipes()) print_list(std::string(r.name), std::string(r.says));
  return exit_ok;
}

int ask(const std::string& sql, const QueryOptions& o, const std::vector<std::string>& traces) {
  if (traces.empty()) return refuse("query", "which trace? name at least one behind the query");
  auto query = query::Query::over(traces);
  if (!query) return refuse("query", query.error().message);
  const auto out = rows_out(o.format, stdout);
  interruptible(query->get());
  const auto done = (*query)->run(sql, *out);
  interruptible(nullptr);
  if (done) out->finish();
  std::fflush(stdout);
  for (const std::string& sentence : (*query)->damage()) remark("query", sentence);
  return done ? int{exit_ok} : refuse("query", done.error().message);
}

int run_query(const QueryOptions& o) {
  if (o.list_recipes) return list_recipes();
  if (o.list_tables || o.markdown || !o.schema.empty()) {
    const auto nothing = query::Query::over({});
    if (!nothing) return refuse("query", nothing.error().message);
    if (o.markdown) return fmt::print("{}", query_page(**nothing)), int{exit_ok};
    return o.list_tables ? list_tables(**nothing) : print_schema(**nothing, o.schema);
  }
  if (o.recipe.empty())
    return o.sql.empty() ? refuse("query", "which query? write one in SQL, or name one of --recipes")
                         : ask(o.sql, o, o.traces);
  std::vector<std::string> traces = o.traces;
  if (!o.sql.empty()) traces.insert(traces.begin(), o.sql);
  for (const query::Named& r : query::recipes())
    if (r.name == o.recipe) return ask(std::string(r.sql), o, traces);
  return refuse("query", no_such("recipe", o.recipe, recipe_names(), "--recipes lists them"));
}
}  // namespace

void add_query(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand(
      "query", "ask traces in SQL: every event is a table, calls and episodes are joined, nothing is imported");
  auto o = std::make_shared<QueryOptions>();
  sub->add_option("SQL", o->sql, "one SELECT; left out where --recipe names one");
  sub->add_option("TRACE", o->traces, "directories written by `mirrorscope record`; all are asked at once");
  sub->add_option("--format", o->format, "table, csv or json (default table)")
      ->check(CLI::IsMember({"table", "csv", "json"}))
      ->option_text("FORMAT");
  sub->add_option("--recipe", o->recipe, "ask what the recipe of this name asks")
      ->check(suggest(recipe_names()))
      ->option_text("NAME");
  sub->add_flag("--recipes", o->list_recipes, "say which recipes there are");
  sub->add_flag("--tables", o->list_tables, "say which tables there are");
  sub->add_option("--schema", o->schema, "say which columns a table has and what they mean; all: of every table")
      ->option_text("TABLE");
  sub->add_flag("--markdown", o->markdown, "everything as in docs/query.md");
  sub->footer(
      "A trace is only read, while the query runs; what a condition on time, cpu or trace leaves out is\n"
      "not even read. A field of an event keeps its name; what the header says is h_NAME where the event\n"
      "has such a field: h_seq. `end`, `from` and `order` want quotes. Times are ns. Damage is said on\n"
      "standard error; what is missing stands in `losses`. docs/query.md says more.\n"
      "\n"
      "Exit codes: 0 answered, 2 cannot be asked or read.\n"
      "\n"
      "Examples:\n"
      "  mirrorscope query 'SELECT reason, count(*) FROM inv_start GROUP BY reason' run\n"
      "  mirrorscope query 'SELECT function, max(duration) FROM callbacks GROUP BY function' run other\n"
      "  mirrorscope query 'SELECT process, sum(attempts) FROM faults WHERE collided > 0 GROUP BY tgid' run\n"
      "  mirrorscope query --recipe longest-episodes --format json run\n"
      "  mirrorscope query --recipes                 what else can be asked by name\n"
      "  mirrorscope query --schema inv_start");
  sub->callback([o, &exit_code] { exit_code = run_query(*o); });
}

}  // namespace mirrorscope::cli
