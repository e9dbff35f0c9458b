// SPDX-License-Identifier: Apache-2.0
// How much memory of its own does a command need at most? peak_rss COMMAND...: KiB of anonymous memory, mapped files left out.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <string>

int main(int argc, char** argv) {
  if (argc < 2) return std::fprintf(stderr, "usage: peak_rss COMMAND...\n"), 2;
  const pid_t child = fork();
  if (child == 0) {
    const int null = open("/dev/null", O_WRONLY);
    dup2(null, 1);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  const std::string path = "/proc/" + std::to_string(child) + "/status";
  long peak = 0;
  int status = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);)
      if (line.rfind("RssAnon:", 0) == 0) peak = std::max(peak, std::stol(line.substr(8)));
    usleep(2000);
  }
  std::printf("%ld\n", peak);
  return WIFEXITED(status) && WEXITSTATUS(status) != 127 ? 0 : 1;
}
