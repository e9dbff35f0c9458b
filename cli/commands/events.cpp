// SPDX-License-Identifier: Apache-2.0
// mirrorscope events: which events a trace can hold and what each carries.
#include <fmt/format.h>

#include <cstdio>

#if MIRRORSCOPE_LIVE
#include "bpf/programs.h"
#endif
#include "cli/subcommand.h"
#include "schema/catalog.h"

namespace mirrorscope::cli {

namespace {
std::string_view kind_text(EventKind kind) {
  switch (kind) {
    case EventKind::entry:
      return "entry";
    case EventKind::exit:
      return "return";
    case EventKind::point:
      return "point";
    case EventKind::about:
      return "about";
  }
  return "?";
}

// "invalidation, said by the kernel", and whose address space it is about where that is not one
std::string where_from(const EventInfo& e) {
  static constexpr std::string_view kFrom[] = {"the kernel", "a driver's hook", "a hook in a process", "the recorder"};
  static constexpr std::string_view kAbout[] = {"", ", of any address space", ", of several address spaces", ""};
  return fmt::format("{}, said by {}{}", to_string(e.area), kFrom[static_cast<size_t>(e.from)],
                     kAbout[static_cast<size_t>(e.about)]);
}

// "kernel/hmm (hmm_range_fault), drivers/rxe_odp (rxe_odp_mr_copy, rxe_odp_flush_pmem_iova)": the files of bpf/ whose
// programs say it, and on what they hang. Nothing for what the recorder itself says.
std::string fed_by(const EventInfo& e) {
  std::string out;
#if MIRRORSCOPE_LIVE
  std::string_view file;
  for (const bpf::Program& p : bpf::programs) {
    if (p.event != e.name) continue;
    if (p.file != file) out += fmt::format("{}{}", out.empty() ? "" : ", ", p.file);
    if (!p.function.empty() && p.file == file)
      out.insert(out.size() - 1, fmt::format(", {}", p.function));
    else if (!p.function.empty())
      out += fmt::format(" ({})", p.function);
    file = p.file;
  }
  if (out.empty() && e.from != EventFrom::recorder) return "no program in here";
#endif
  return out;
}

std::string_view type_text(const FieldInfo& f) {
  switch (f.type) {
    case FieldType::u8:
      return "u8";
    case FieldType::u16:
      return "u16";
    case FieldType::u32:
      return "u32";
    case FieldType::u64:
      return "u64";
    case FieldType::i32:
      return "i32";
    case FieldType::i64:
      return "i64";
    case FieldType::chars:
      return "char";
    case FieldType::addr:
      return "addr";
    case FieldType::ptr:
      return "ptr";
    case FieldType::pfn:
      return "pfn";
    case FieldType::err:
      return "err";
    case FieldType::enumeration:
      return f.labels->name;
  }
  return "?";
}

std::string type_of(const FieldInfo& f) {
  return f.count == 1 ? std::string(type_text(f)) : fmt::format("{}[{}]", type_text(f), f.count);
}

void list_events(bool fields) {
  for (const EventInfo& e : catalog::events) {
    std::fputs(fmt::format("{:28} {:6} {}\n", e.name, kind_text(e.kind), e.says).c_str(), stdout);
    if (!fields) continue;
    if (const std::string programs = fed_by(e); !programs.empty())
      std::fputs(fmt::format("    bpf/: {}\n", programs).c_str(), stdout);
    for (const FieldInfo& f : e.fields)
      if (!is_padding(f))
        std::fputs(fmt::format("    {:16} {:10} {}\n", f.name, type_of(f), f.says).c_str(), stdout);
  }
}

void events_as_markdown() {
  std::fputs(
      "# Events\n\nMade from schema/events.def by `mirrorscope events --markdown`; a test compares. What the types "
      "mean stands at the "
      "top of that file; every record begins with the 32 bytes of schema/record.h.\n",
      stdout);
  for (const EventInfo& e : catalog::events) {
    const std::string programs = fed_by(e);
    std::fputs(fmt::format("\n## {} ({})\n\n{} · {} · {} · {} bytes{}\n\n| field | type | says |\n|---|---|---|\n",
                           e.name, e.id, e.says, kind_text(e.kind), where_from(e), e.size,
                           programs.empty() ? "" : "\n\nbpf/: " + programs)
                   .c_str(),
               stdout);
    for (const FieldInfo& f : e.fields)
      if (!is_padding(f))
        std::fputs(fmt::format("| {} | {} | {} |\n", f.name, type_of(f), f.says).c_str(), stdout);
  }
  std::fputs("\n# Labels\n", stdout);
  for (const EnumInfo* info : {&catalog::enum_reason, &catalog::enum_pin_call, &catalog::enum_loss,
                               &catalog::enum_probe_how, &catalog::enum_driver}) {
    std::fputs(fmt::format("\n## {}\n\n| value | label | says |\n|---|---|---|\n", info->name).c_str(), stdout);
    for (const EnumValue& v : info->values)
      std::fputs(fmt::format("| {} | {} | {} |\n", v.value, v.label, v.says).c_str(), stdout);
  }
}
}  // namespace

void add_events(CLI::App& app, int& /*exit_code*/) {
  struct Options {
    bool fields = false;
    bool markdown = false;
  };
  auto* sub = app.add_subcommand("events", "list the events that a trace can hold");
  auto o = std::make_shared<Options>();
  sub->add_flag("--fields", o->fields, "also the fields of each event, and the programs that feed it");
  sub->add_flag("--markdown", o->markdown, "everything as in docs/events.md");
  sub->footer("Examples:\n  mirrorscope events --fields\n  mirrorscope dump run --event inv_start --limit 5");
  sub->callback([o] {
    if (o->markdown)
      events_as_markdown();
    else
      list_events(o->fields);
  });
}

}  // namespace mirrorscope::cli
