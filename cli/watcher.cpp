// SPDX-License-Identifier: Apache-2.0
// How the two processes talk: "+" when the probes are there, then lines "RULE NAME LEVEL TGID COUNT", a line "." after each complete list, "!SENTENCE" at a bad end.
#include "cli/watcher.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "cli/live_check.h"
#include "collector/session/owner.h"
#include "collector/session/session.h"

namespace mirrorscope::cli {

namespace {

constexpr auto tell_every = std::chrono::milliseconds(500);

void say(int pipe, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(pipe, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) _exit(0);  // nobody listens any more
    text.remove_prefix(static_cast<size_t>(written));
  }
}

void end_with_parent() { prctl(PR_SET_PDEATHSIG, SIGTERM); }

class Teller final : public RecordObserver {
 public:
  Teller(LiveCheck& judge, int pipe) : judge_(judge), pipe_(pipe) {}
  void ready(const std::vector<ProbeState>& /*probes*/) override {
    end_with_parent();  // once more: whoever changes his user id is forgotten (kernel/cred.c, commit_creds())
    say(pipe_, "+\n");
  }
  void progress(const Progress& now) override {
    if (now.elapsed - told_ < tell_every) return;
    told_ = now.elapsed;
    std::string text;
    for (const Engine::Objection& o : judge_.objections())
      if (o.rule->info.level != Level::smell)
        text += fmt::format("{} {} {} {} {}\n", o.rule->info.id, o.rule->info.name, to_string(o.rule->info.level), o.tgid, o.count);
    say(pipe_, text + ".\n");
  }

 private:
  LiveCheck& judge_;
  int pipe_;
  std::chrono::nanoseconds told_{0};
};

[[noreturn]] void watch(const Scope& scope, const std::filesystem::path& directory, int pipe) {
  end_with_parent();
  signal(SIGPIPE, SIG_IGN);
  RecordOptions options;
  options.scope = scope;
  options.output = directory / "trace";
  options.recorder = "mirrorscope " MIRRORSCOPE_VERSION;
  options.segment_bytes = 64u << 20;
  options.keep_segments = 2;
  options.stacks = false;
  LiveCheck judge;
  Teller teller(judge, pipe);
  if (auto recorded = record(options, teller, judge.tap()); !recorded) say(pipe, "!" + recorded.error().message + "\n");
  _exit(0);
}

}  // namespace

Result<Watcher> Watcher::start(const Scope& scope) {
  const char* temporary = getenv("TMPDIR");
  std::string name = std::string(temporary && *temporary ? temporary : "/tmp") + "/mirrorscope-top.XXXXXX";
  auto owner = owner_of_trace({});
  if (!owner) return owner.error();
  {
    auto acting = ActingAs::owner(*owner);
    if (!acting) return acting.error();
    if (!mkdtemp(name.data())) return fail(errno, "cannot make a directory ", name);
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return fail(errno, "cannot make a pipe");
  const pid_t child = fork();
  if (child < 0) return fail(errno, "cannot start a process that judges");
  if (child == 0) {
    close(ends[0]);
    watch(scope, name, ends[1]);
  }
  close(ends[1]);
  Watcher watcher(child, ends[0], name);
  for (char c = 0; !watcher.unread_.ends_with('\n');) {
    const ssize_t got = read(ends[0], &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(0, "the process that judges has ended before it began");
    watcher.unread_ += c;
  }
  if (watcher.unread_ != "+\n") return fail(0, watcher.unread_.substr(1, watcher.unread_.size() - 2));
  watcher.unread_.clear();
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return watcher;
}

Watcher::Watcher(Watcher&& other) noexcept
    : child_(std::exchange(other.child_, -1)),
      pipe_(std::exchange(other.pipe_, -1)),
      directory_(std::exchange(other.directory_, {})),
      unread_(std::move(other.unread_)),
      findings_(std::move(other.findings_)),
      coming_(std::move(other.coming_)) {}

Watcher::~Watcher() {
  if (child_ > 0) {
    kill(child_, SIGTERM);
    close(pipe_);
    while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

Result<void> Watcher::listen() {
  char chunk[4096];
  ssize_t got = 0;
  while ((got = read(pipe_, chunk, sizeof chunk)) > 0) unread_.append(chunk, static_cast<size_t>(got));
  for (size_t end; (end = unread_.find('\n')) != std::string::npos; unread_.erase(0, end + 1)) {
    const std::string line = unread_.substr(0, end);
    if (line.starts_with('!')) return fail(0, "the process that judges has ended: ", line.substr(1));
    if (line == ".") {
      findings_ = std::exchange(coming_, {});
      std::stable_sort(findings_.begin(), findings_.end(), [](const LiveFinding& a, const LiveFinding& b) {
        return std::pair(a.level != "hard", b.count) < std::pair(b.level != "hard", a.count);
      });
      continue;
    }
    LiveFinding f;
    if (std::istringstream(line) >> f.rule >> f.name >> f.level >> f.tgid >> f.count) coming_.push_back(std::move(f));
  }
  if (got == 0) return fail(0, "the process that judges has ended");
  return {};
}

}  // namespace mirrorscope::cli
