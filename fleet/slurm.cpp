// SPDX-License-Identifier: Apache-2.0
// What sbatch is asked for.
#include "fleet/slurm.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <sstream>

#include "fleet/child.h"
#include "trace/owned_fd.h"

namespace mirrorscope::fleet {

namespace {
// What a program of the site prints; its messages are the user's to read.
Result<std::string> output_of(const std::vector<std::string>& words) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(errno, "cannot make a pipe");
  const OwnedFd printed(ends[0]);
  OwnedFd printing(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, printing.get(), STDOUT_FILENO);
  pid_t child = 0;
  const int error = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fail(error, "cannot run ", words[0]);
  printing.close();
  std::string text;
  char bytes[4096];
  for (ssize_t n; (n = read(printed.get(), bytes, sizeof(bytes))) > 0 || (n < 0 && errno == EINTR);)
    if (n > 0) text.append(bytes, static_cast<size_t>(n));
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return fail(errno, "cannot wait for ", words[0]);
  if (status != 0) return fail(0, "cannot go on: ", words[0], " ends with exit code ", exit_code_of(status));
  return text;
}

// For the shell that --wrap is given to.
std::string quoted(const std::string& word) {
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string command_line(const std::vector<std::string>& words) {
  std::string line = "exec";
  for (const std::string& word : words) line += " " + quoted(word);
  return line;
}

// --parsable: "123" or "123;cluster"
Result<std::string> submit_one(std::vector<std::string> words, const std::vector<std::string>& options,
                               const std::string& line) {
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"--wrap", line});
  const auto printed = output_of(words);
  if (!printed) return printed.error();
  const std::string id = printed->substr(0, printed->find_first_of(";\n"));
  if (id.empty() || !std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return fail(0, "cannot tell which job was submitted: sbatch prints '", *printed, "'");
  return id;
}
}  // namespace

Result<uint32_t> slurm_array_limit() {
  const auto config = output_of({"scontrol", "show", "config"});
  if (!config) return config.error();
  std::istringstream lines(*config);
  for (std::string name, sign, value, line; std::getline(lines, line);) {
    std::istringstream words(line);
    if (!(words >> name >> sign >> value) || name != "MaxArraySize" || sign != "=") continue;
    uint32_t size = 0;
    const auto read = std::from_chars(value.data(), value.data() + value.size(), size);
    if (read.ec != std::errc() || size < 1)
      return fail(0, "cannot submit an array job: MaxArraySize of this site is ", value);
    return size;  // "the maximum job array task index value will be one less than MaxArraySize", slurm.conf(5)
  }
  return fail(0, "cannot tell how large an array job may be: `scontrol show config` has no MaxArraySize");
}

Result<Submitted> submit(const Plan& plan, const std::filesystem::path& plan_file, const std::filesystem::path& program,
                         const SbatchOptions& options, const std::vector<std::string>& merge) {
  const std::filesystem::path log = std::filesystem::path(plan.output) / "log";
  std::error_code error;
  std::filesystem::create_directories(log, error);  // sbatch does not make it
  if (error) return fail(error.value(), "cannot make the directory ", log.string());
  Submitted out;
  std::vector<std::string> merging{"sbatch", "--parsable", "--requeue", "--job-name=mirrorscope-merge",
                                   "--output=" + (log / "merge-%j.log").string()};
  if (!plan.tasks.empty()) {
    const auto array =
        submit_one({"sbatch", "--parsable", "--requeue", "--open-mode=append", "--job-name=mirrorscope-check",
                    fmt::format("--array=0-{}", plan.tasks.size() - 1), "--output=" + (log / "%A_%a.log").string()},
                   options.both, command_line({program.string(), "fleet", "task", plan_file.string()}));
    if (!array) return array.error();
    out.array = *array;
    merging.push_back("--dependency=afterany:" + *array);
  }
  std::vector<std::string> words{program.string(), "fleet", "merge", plan_file.string()};
  words.insert(words.end(), merge.begin(), merge.end());
  std::vector<std::string> of_merge = options.both;
  of_merge.insert(of_merge.end(), options.merge.begin(), options.merge.end());
  const auto merged = submit_one(merging, of_merge, command_line(words));
  if (!merged) return merged.error();
  out.merge = *merged;
  return out;
}

}  // namespace mirrorscope::fleet
