// SPDX-License-Identifier: Apache-2.0
// How does a workload read its command line, and what do its exit codes mean?
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

// 0: ran and everything that must hold held. 1: wrong data, or something hung. 2: it could not run at all.
enum Exit { exit_ok = 0, exit_wrong = 1, exit_cannot = 2 };

// Nothing: fine. Otherwise one sentence for the person who started the program.
using Problem = std::optional<std::string>;

// "opening /dev/kvm: No such file or directory"
Problem sys_problem(std::string_view what, int err);

[[noreturn]] void cannot_run(std::string_view sentence);

class Cli {
 public:
  Cli(std::string program, std::string what, std::string lesson);

  void flag(std::string name, std::string help, bool& out);
  void number(std::string name, std::string help, std::uint64_t& out);
  void text(std::string name, std::string placeholder, std::string help, std::string& out);
  // --report text|json is the same in every workload.
  void report(bool& json);

  // Prints --help (exit 0) or one sentence about a wrong argument (exit 2) and does not return then.
  void parse(int argc, char** argv) const;

 private:
  struct Option {
    std::string name, placeholder, help;
    std::function<bool(const char*)> set;  // false: the value does not fit
  };
  void print_help() const;
  std::string program_, what_, lesson_;
  std::vector<Option> options_;
};

}  // namespace lab
