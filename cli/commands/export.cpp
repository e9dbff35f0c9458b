// SPDX-License-Identifier: Apache-2.0
// mirrorscope export: the records of a trace for other tools.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>

#include "cli/output/refusal.h"
#include "cli/subcommand.h"
#include "query/query.h"
#include "report/export/exporter.h"
#include "trace/reading/merge.h"
#include "trace/reading/reader.h"
#include "verify/learned_names.h"

namespace mirrorscope::cli {

namespace {
struct ExportOptions {
  std::string trace;
  std::string format;
  std::string output;
};


constexpr std::string_view kSqlite = "sqlite";
constexpr std::string_view kSqliteSays = "every table of `query` in one file (sqlite3, pandas, DuckDB); wants -o";

// Its own way: not record by record, and SQLite writes only into files.
int run_sqlite(const ExportOptions& o) {
  if (o.output.empty()) return refuse("export", "sqlite is written into a file; name one with -o");
  const auto query = query::Query::over({o.trace});
  if (!query) return refuse("export", query.error().message);
  const auto saved = (*query)->save(o.output);
  if (!saved) return refuse("export", saved.error().message);
  for (const std::string& sentence : (*query)->damage()) remark("export", sentence);
  return exit_ok;
}

int run_export(const ExportOptions& o) {
  if (o.format == kSqlite) return run_sqlite(o);
  const ExportFormat* format = export_format_named(o.format);
  if (format->binary && o.output.empty() && isatty(STDOUT_FILENO))
    return refuse("export", o.format + " is binary; write it to a file with -o");
  const auto reader = trace::Reader::open(o.trace);
  if (!reader) return refuse("export", reader.error().message);
  std::ofstream file;
  if (!o.output.empty()) {
    file.open(o.output, std::ios::binary);
    if (!file) return refuse("export", "cannot write " + o.output + ": " + std::strerror(errno));
  }
  std::ios::sync_with_stdio(false);
  std::ostream& out = o.output.empty() ? std::cout : file;
  const Names names = learned_names(*reader);
  const auto exporter = format->make(out, names);
  trace::Merge merge(*reader);
  for (const ev_header* record; out && (record = merge.next());) exporter->record(*record);
  exporter->finish();
  out.flush();
  if (!out)
    return refuse("export", "cannot write " + (o.output.empty() ? "to standard output" : o.output) + ": " +
                     std::strerror(errno));
  for (const trace::Cursor& cursor : merge.cursors())
    for (const trace::Damage& damage : cursor.damage()) remark("export", trace::to_text(damage));
  return exit_ok;
}

std::string export_formats_help() {
  std::string text = "Formats:\n";
  for (const ExportFormat& f : all_export_formats()) text += fmt::format("  {:9} {}\n", f.name, f.says);
  text += fmt::format("  {:9} {}\n", kSqlite, kSqliteSays);
  return text;
}
}  // namespace

void add_export(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("export", "write the records of a trace for other tools: timelines, data frames");
  auto o = std::make_shared<ExportOptions>();
  std::vector<std::string> names;
  for (const ExportFormat& f : all_export_formats()) names.emplace_back(f.name);
  names.emplace_back(kSqlite);
  sub->add_option("TRACE", o->trace, "a directory written by `mirrorscope record`")->required();
  sub->add_option("--format", o->format, "for which tool, see below")
      ->required()
      ->check(CLI::IsMember(names))
      ->option_text("FORMAT");
  sub->add_option("-o,--output", o->output, "write to FILE instead of standard output")->option_text("FILE");
  sub->footer(export_formats_help() +
              "\n"
              "Examples:\n"
              "  mirrorscope export --format perfetto -o run.pftrace run   open it in ui.perfetto.dev\n"
              "  mirrorscope export --format csv run > run.csv\n"
              "  mirrorscope export --format sqlite -o run.db run          then: sqlite3 run.db");
  sub->callback([o, &exit_code] { exit_code = run_export(*o); });
}

}  // namespace mirrorscope::cli
