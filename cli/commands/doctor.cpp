// SPDX-License-Identifier: Apache-2.0
// What can be recorded on this machine, by this process, and what is missing: one sentence each.
#include "cli/subcommand.h"

#if MIRRORSCOPE_LIVE

#include <cstdio>
#include <map>
#include <string>

#include "cli/output.h"
#include "collector/features.h"

namespace mirrorscope::cli {

namespace {

// How the functions of the probe table can be watched: "trampoline" -> "hmm_range_fault, exit_mmap".
std::map<std::string, std::string> ways(const Features& features, bool hooks) {
  std::map<std::string, std::string> by_way;
  for (const FunctionFeature& f : features.functions) {
    if (f.hook != hooks) continue;
    std::string& names = by_way[f.typed ? "by trampoline" : f.symbol ? "by kprobe" : "not there"];
    names += (names.empty() ? "" : ", ") + f.function;
  }
  return by_way;
}

int doctor() {
  auto features = find_features();
  if (!features) {
    std::fprintf(stderr, "mirrorscope doctor: %s.\n", features.error().message.c_str());
    return exit_unusable;
  }
  std::printf("kernel %s\n\n", features->release.c_str());
  for (const Feature& f : features->general)
    std::printf("  %-3s  %-16s %s%s\n", f.available ? "yes" : "no", f.name.c_str(), f.says.c_str(),
                !f.available && f.required ? " (nothing can be recorded without it)" : "");
  std::printf("\nfunctions of the kernel that are watched\n");
  for (const auto& [way, names] : ways(*features, false))
    std::printf("%s", folded("  " + way + ": ", names, 120).c_str());
  std::printf("functions of drivers that are watched where the driver is loaded\n");
  for (const auto& [way, names] : ways(*features, true))
    std::printf("%s", folded("  " + way + ": ", names, 120).c_str());
  std::printf("callbacks of drivers, found by their type: %zu\n\n", features->callbacks);
  if (!features->recordable()) {
    std::printf("This process cannot record this kernel.\n");
    return exit_unusable;
  }
  std::printf("This kernel can be recorded.\nnext: mirrorscope record -- COMMAND\n");
  return exit_ok;
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("doctor", "Say what can be recorded on this machine, and what is missing");
  sub->footer(
      "Tries each thing with a program that does nothing. Run it the way you would run record: with sudo, or with the\n"
      "capabilities you intend to give it. Exit codes: 0 this machine can be recorded, 2 it cannot.");
  sub->callback([&exit_code] { exit_code = doctor(); });
}

}  // namespace mirrorscope::cli

#else

namespace mirrorscope::cli {

void add_doctor(CLI::App& app, int& exit_code) {
  app.add_subcommand("doctor", "Say what can be recorded on this machine (not in this build)")->callback([&exit_code] {
    std::fputs("mirrorscope doctor: this build cannot record, it was made with MIRRORSCOPE_LIVE=OFF.\n", stderr);
    exit_code = exit_unusable;
  });
}

}  // namespace mirrorscope::cli

#endif
