// SPDX-License-Identifier: Apache-2.0
// How help becomes roff: what stands in the footer of --help is kept as it is, line by line.
#include "cli/help/manual.h"

#include <fmt/format.h>

#include "schema/catalog.h"

namespace mirrorscope::cli {

namespace {
// '-' would become a hyphen that cannot be searched for or pasted; '.' and ''' at the start of a line are requests.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
    line_begins = c == '\n';
  }
  return out;
}

std::string page_name(const CLI::App& app) {
  return app.get_parent() ? page_name(*app.get_parent()) + "-" + app.get_name() : app.get_name();
}

std::string call_of(const CLI::App& app) {
  return app.get_parent() ? call_of(*app.get_parent()) + " " + app.get_name() : app.get_name();
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string value_name(const CLI::Option& option) {
  if (!option.get_option_text().empty()) return option.get_option_text();
  return option.get_expected_max() > 0 && option.get_type_size_max() > 0 ? option.get_type_name() : std::string();
}

std::string synopsis(const CLI::App& app) {
  std::string text = fmt::format(".B {}\n", roff(call_of(app)));
  if (!shown_subcommands(app).empty()) text += ".RI [ COMMAND ]\n";
  text += ".RI [ OPTION ...]\n";
  for (const CLI::Option* option : app.get_options()) {
    if (!option->get_positional()) continue;
    const std::string name = option->get_name(true);
    text += option->get_required() ? fmt::format(".I {}\n", roff(name)) : fmt::format(".RI [ {} ]\n", roff(name));
  }
  return text;
}

std::string options(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    const std::string value = value_name(*option);
    text += fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", roff(option->get_name(false, true)),
                        value.empty() || option->get_positional() ? "" : fmt::format(" \\fI{}\\fR", roff(value)), roff(option->get_description()));
  }
  return text.empty() ? text : ".SH OPTIONS\n" + text;
}

std::string title(const std::string& name, int section) {
  return fmt::format(".TH {} {} \"\" \"mirrorscope {}\"\n.nh\n.ad l\n", roff(upper(name)), section, MIRRORSCOPE_VERSION);
}
}  // namespace

std::vector<const CLI::App*> shown_subcommands(const CLI::App& app) {
  std::vector<const CLI::App*> shown;
  for (const CLI::App* sub : app.get_subcommands(nullptr))
    if (!sub->get_group().empty()) shown.push_back(sub);
  return shown;
}

std::string man_page(const CLI::App& app) {
  std::string says = app.get_description();
  std::string text = title(page_name(app), 1);
  text += fmt::format(".SH NAME\n{} \\- {}\n", roff(page_name(app)), roff(says.substr(0, says.find_first_of(",:\n"))));
  text += ".SH SYNOPSIS\n" + synopsis(app);
  text += fmt::format(".SH DESCRIPTION\n{}\n", roff(says));
  const auto subs = shown_subcommands(app);
  if (!subs.empty()) text += ".SH COMMANDS\n";
  for (const CLI::App* sub : subs) text += fmt::format(".TP\n.B {}\n{}\n", roff(sub->get_name()), roff(sub->get_description()));
  text += options(app);
  if (!app.get_footer().empty()) text += fmt::format(".SH NOTES\n.nf\n{}\n.fi\n", roff(app.get_footer()));
  text += ".SH SEE ALSO\n";
  if (app.get_parent())
    text += fmt::format(".BR {} (1),\n", roff(page_name(*app.get_parent())));
  else
    for (const CLI::App* sub : subs) text += fmt::format(".BR {} (1),\n", roff(page_name(*sub)));
  return text + ".BR mirrorscope\\-trace (5)\n";
}

std::string trace_man_page() {
  std::string text = title("mirrorscope-trace", 5);
  text +=
      ".SH NAME\nmirrorscope\\-trace \\- the records of a trace that mirrorscope writes\n"
      ".SH DESCRIPTION\nA trace is a directory in the Common Trace Format, version 1.8: \\fImetadata\\fR describes the records, "
      "\\fIcpu_N\\fR holds those of one CPU, and one more stream what the recorder says itself. Every record begins with the same "
      "header; what follows depends on its event. Values are little\\-endian.\n"
      ".SH HEADER\n";
  for (const auto& [name, says] : {std::pair{"time", "u64, ns of CLOCK_MONOTONIC"}, std::pair{"id", "u16, the event"},
                                   std::pair{"cpu", "u16, CPU that produced the record"},
                                   std::pair{"seq", "u32, running number on that CPU: a missing one is a lost record"},
                                   std::pair{"mm", "ptr, struct mm_struct that the event is about, 0 if none"},
                                   std::pair{"tid", "u32, task that ran the code"}, std::pair{"tgid", "u32, its process"}})
    text += fmt::format(".TP\n.B {}\n{}\n", name, roff(says));
  text += ".SH EVENTS\n";
  for (const EventInfo& e : catalog::events) {
    text += fmt::format(".SS {} ({})\n{}\n", e.name, e.id, roff(e.says));
    for (const FieldInfo& f : e.fields)
      if (!is_padding(f)) text += fmt::format(".TP\n.B {}\n{}\n", f.name, roff(f.says));
  }
  text += ".SH LOSSES\n";
  for (const LossInfo& l : catalog::losses) text += fmt::format(".TP\n.B {}\n{}\n", l.name, roff(l.says));
  return text + ".SH SEE ALSO\n.BR mirrorscope (1),\n.BR babeltrace2 (1)\n";
}

}  // namespace mirrorscope::cli
