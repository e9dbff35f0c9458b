// SPDX-License-Identifier: Apache-2.0
// How does a workload read its command line, and what do its exit codes mean?
#include "cli.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace lab {

Problem sys_problem(std::string_view what, int err) { return std::string(what) + ": " + std::strerror(err); }

void cannot_run(std::string_view sentence) {
  std::fprintf(stderr, "%.*s\n", int(sentence.size()), sentence.data());
  std::exit(exit_cannot);
}

Cli::Cli(std::string program, std::string what, std::string lesson)
    : program_(std::move(program)), what_(std::move(what)), lesson_(std::move(lesson)) {}

void Cli::flag(std::string name, std::string help, bool& out) {
  options_.push_back({std::move(name), "", std::move(help), [&out](const char*) { return out = true; }});
}

void Cli::number(std::string name, std::string help, std::uint64_t& out) {
  help += " (default " + std::to_string(out) + ")";
  options_.push_back({std::move(name), "N", std::move(help), [&out](const char* s) {
                        char* end = nullptr;
                        errno = 0;
                        const auto v = std::strtoull(s, &end, 0);
                        if (errno || end == s || *end || *s == '-') return false;
                        out = v;
                        return true;
                      }});
}

void Cli::text(std::string name, std::string placeholder, std::string help, std::string& out) {
  options_.push_back({std::move(name), std::move(placeholder), std::move(help), [&out](const char* s) {
                        out = s;
                        return true;
                      }});
}

void Cli::report(bool& json) {
  options_.push_back(
      {"--report", "text|json", "form of the counts printed at the end (default text)", [&json](const char* s) {
         json = !std::strcmp(s, "json");
         return json || !std::strcmp(s, "text");
       }});
}

void Cli::print_help() const {
  std::printf("%s: %s\n\nusage: %s [options]\n", program_.c_str(), what_.c_str(), program_.c_str());
  for (const auto& o : options_)
    std::printf("  %-26s %s\n", (o.name + (o.placeholder.empty() ? "" : " " + o.placeholder)).c_str(), o.help.c_str());
  std::printf("  %-26s %s\n\n%s\n", "--help", "this text", lesson_.c_str());
  std::printf("exit: 0 all that must hold held, 1 wrong data or a hang, 2 usage or something missing\n");
}

void Cli::parse(int argc, char** argv) const {
  for (int i = 1; i < argc; i++) {
    const std::string arg = argv[i];
    if (arg == "--help" || arg == "-h") {
      print_help();
      std::exit(exit_ok);
    }
    const Option* found = nullptr;
    for (const auto& o : options_)
      if (o.name == arg) found = &o;
    if (!found) cannot_run(program_ + ": there is no option " + arg + "; --help lists them");
    const char* value = "";
    if (!found->placeholder.empty()) {
      if (++i >= argc) cannot_run(program_ + ": " + arg + " wants a value: " + found->placeholder);
      value = argv[i];
    }
    if (!found->set(value)) cannot_run(program_ + ": " + value + " does not fit " + arg + " " + found->placeholder);
  }
}

}  // namespace lab
