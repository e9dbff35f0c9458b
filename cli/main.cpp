// SPDX-License-Identifier: Apache-2.0
// Which subcommands there are: every file in cli/commands is one. What can go wrong for all of them alike is said here.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>

#include "cli/output/complaint.h"
#include "cli/output/refusal.h"
#include "cli/subcommand.h"

namespace mirrorscope::cli {

namespace {
// Who is started with one of these closed would open a trace in its place, and print into it. What is not there cannot be
// read or written: an error, and not a file.
void fill_standard_files() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) _exit(exit_unusable);
}

// What no command expects: a bug, or no memory. In main() or in a thread.
int refuse_to_go_on() {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return refuse("", "cannot go on: there is not enough memory");
  } catch (const std::exception& error) {
    return refuse("", std::string("cannot go on: ") + error.what() + "; this is a bug of mirrorscope");
  } catch (...) {
    return refuse("", "cannot go on; this is a bug of mirrorscope");
  }
}

[[noreturn]] void end_of_thread() {
  if (!std::current_exception()) std::abort();
  _exit(refuse_to_go_on());
}

// A report that did not arrive is no success, whatever it says. Why is known if it is the last of it that did not.
int printed(int exit_code) {
  if (exit_code == exit_unusable) return exit_code;  // and why was said
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  if (flushed && !std::ferror(stdout)) return exit_code;
  const int error = errno;
  return refuse("", "cannot write to standard output" + (error ? std::string(": ") + std::strerror(error) : std::string()));
}
}  // namespace

}  // namespace mirrorscope::cli

int main(int argc, char** argv) {
  using namespace mirrorscope::cli;
  fill_standard_files();
  std::set_terminate(end_of_thread);
  CLI::App app(
      "Watches how devices mirror the page tables of processes (MMU notifiers, HMM, migration, pins),\n"
      "records it, and says which rule of the protocol was broken, by whom, and with which evidence.");
  app.name("mirrorscope");
  app.require_subcommand(1);
  app.set_version_flag("-V,--version", MIRRORSCOPE_VERSION);
  app.footer(
      "Examples:\n"
      "  mirrorscope doctor                               what can be recorded on this machine\n"
      "  sudo mirrorscope record -o run -- ./my_test      record a program and its children\n"
      "  mirrorscope check run                            judge what was recorded\n"
      "  mirrorscope dump run --event 'inv_*' --limit 20  look at the records\n"
      "\n"
      "'mirrorscope help COMMAND' says more. Exit codes: 0 fine, 1 a rule is violated, 2 cannot do that, 3 "
      "inconclusive.");

  int exit_code = exit_ok;
#define ENTRY(name) add_##name(app, exit_code);
#include "commands.inc"
#undef ENTRY

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return printed(app.exit(error));  // --help, --version
    std::fprintf(stderr, "%s\n", complaint(app, error, argc, argv).c_str());
    return exit_unusable;
  } catch (...) {
    return refuse_to_go_on();
  }
  return printed(exit_code);
}
