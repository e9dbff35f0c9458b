// SPDX-License-Identifier: Apache-2.0
// What can be recorded on this machine, by this process, what is missing, and which settings make translations die: one sentence each.
#include <algorithm>
#include <cstdio>
#include <string>

#include "cli/output/output.h"
#include "cli/output/refusal.h"
#include "cli/subcommand.h"
#include "host/settings.h"

#if MIRRORSCOPE_LIVE
#include <map>

#include "collector/kernel/features.h"
#endif

namespace mirrorscope::cli {

namespace {

void print_host() {
  std::vector<HostSetting> settings = read_host("/");
  settings.push_back(read_memlock_limit());
  std::printf("settings of this machine that concern mirrors\n");
  std::string fine;
  for (const HostSetting& s : settings) {
    const std::string name = std::string(s.path) + " = " + s.value;
    if (s.bearing == Bearing::fine) {
      fine += (fine.empty() ? "" : ", ") + name;
      continue;
    }
    std::printf("  %-6s  %s\n", s.bearing == Bearing::storms ? "storms" : "limits", name.c_str());
    for (const auto& [label, text] : {std::pair{"", s.says}, {"kernel: ", s.because}, {"do: ", s.advice}})
      std::printf("%s", folded_list(std::string(10, ' ') + label, std::string(text), 120).c_str());
  }
  if (!fine.empty()) std::printf("%s", folded_list("  fine    ", fine, 120).c_str());
  std::printf("\n");
}

#if MIRRORSCOPE_LIVE
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

int print_features() {
  auto features = find_features();
  if (!features) return refuse("doctor", features.error().message + ".");
  std::printf("kernel %s\n\n", features->release.c_str());
  for (const Feature& f : features->general)
    std::printf("  %-3s  %-16s %s%s\n", f.available ? "yes" : "no", f.name.c_str(), f.says.c_str(),
                !f.available && f.required ? " (nothing can be recorded without it)" : "");
  std::printf("\nfunctions of the kernel that are watched\n");
  for (const auto& [way, names] : ways(*features, false))
    std::printf("%s", folded_list("  " + way + ": ", names, 120).c_str());
  std::printf("functions of drivers that are watched where the driver is loaded\n");
  for (const auto& [way, names] : ways(*features, true))
    std::printf("%s", folded_list("  " + way + ": ", names, 120).c_str());
  std::printf("callbacks of drivers, found by their type: %zu\n\n", features->callbacks);
  if (!features->recordable()) {
    std::printf("This process cannot record this kernel.\n");
    return exit_unusable;
  }
  std::printf("This kernel can be recorded.\nnext: mirrorscope record -- COMMAND\n");
  return exit_ok;
}
#else
int print_features() {
  std::fputs("mirrorscope doctor: this build cannot record, it was made with MIRRORSCOPE_LIVE=OFF.\n", stderr);
  return exit_unusable;
}
#endif

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto* sub = app.add_subcommand("doctor", "Say what can be recorded on this machine, what is missing, and what starts invalidations");
  sub->footer(
      "Tries each thing with a program that does nothing. Run it the way you would run record: with sudo, or with the\n"
      "capabilities you intend to give it.\n\n"
      "Settings are named that make the kernel take translations away although no program asked for it (storms), or that\n"
      "make pins fail (limits), each with the function of the kernel that does it and what to type.\n\n"
      "Exit codes: 0 this machine can be recorded, 2 it cannot. Settings do not change the exit code.");
  sub->callback([&exit_code] {
    print_host();
    std::fflush(stdout);
    exit_code = print_features();
  });
}

}  // namespace mirrorscope::cli
