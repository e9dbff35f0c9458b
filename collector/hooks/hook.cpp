// SPDX-License-Identifier: Apache-2.0
// How a hook's file is read, and what is said when its functions are not there.
#include "collector/hooks/hook.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <regex>
#include <sstream>

#include "schema/catalog.h"
#include "trace/owned_fd.h"

namespace mirrorscope {

namespace {

// Those of this repository have 10 KB.
constexpr off_t largest_hook = 1 << 20;
// Of a line that begins with ENTRY or EXIT: std::regex recurses once per character.
constexpr size_t longest_line = 1024;

}  // namespace

Result<HookSource> read_hook(const std::filesystem::path& file) {
  const OwnedFd fd(open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));  // a FIFO would wait for its other end
  struct stat is {};
  if (!fd || fstat(fd.get(), &is) != 0) return fail(errno, "cannot read the hook ", file.string());
  if (S_ISDIR(is.st_mode)) return fail(EISDIR, "cannot read the hook ", file.string());
  if (!S_ISREG(is.st_mode)) return fail(0, "cannot read the hook ", file.string(), ": it is no regular file");
  std::string text(largest_hook + 1, '\0');
  size_t size = 0;
  for (ssize_t n = 1; n != 0 && size < text.size();) {
    n = read(fd.get(), text.data() + size, text.size() - size);
    if (n < 0 && errno != EINTR) return fail(errno, "cannot read the hook ", file.string());
    if (n > 0) size += static_cast<size_t>(n);
  }
  if (size > largest_hook) return fail(0, "cannot read the hook ", file.string(), ": it is larger than ", largest_hook, " bytes");
  text.resize(size);
  return parse_hook(file, std::move(text));
}

Result<HookSource> parse_hook(const std::filesystem::path& file, std::string text) {
  HookSource hook{file, std::move(text), {}};
  static const std::regex probe(R"(^(ENTRY|EXIT)(?:_SELDOM)?\(\s*(\w+)\s*,\s*(\w+)\s*\))");
  std::istringstream lines(hook.text);
  for (std::string line; std::getline(lines, line);) {
    std::smatch m;
    if (!line.starts_with('E')) continue;
    line.resize(std::min(line.size(), longest_line));
    if (!std::regex_search(line, m, probe)) continue;
    const std::string program = m[2];
    HookFunction f{program, program.substr(0, program.find("__")), m[3], m[1] == "EXIT"};
    if (!event_named(f.event))
      return fail(0, "the hook ", file.string(), " has ", m[1].str(), "(", program, ", ", f.function, "), and there is no event ", f.event,
                  ": the part of the name before \"__\" is the event that it feeds, see mirrorscope events");
    hook.functions.push_back(std::move(f));
  }
  if (hook.functions.empty())
    return fail(0, "the hook ", file.string(), " has no line that begins with ENTRY(event__name, function) or EXIT(event__name, function)");
  return hook;
}

namespace {

// "a, b", each once.
std::string functions_of(const HookSource& hook) {
  std::vector<std::string_view> names;
  std::string list;
  for (const HookFunction& f : hook.functions) {
    if (std::find(names.begin(), names.end(), f.function) != names.end()) continue;
    names.push_back(f.function);
    list += (list.empty() ? "" : ", ") + f.function;
  }
  return list;
}

}  // namespace

Result<void> is_anywhere(const HookSource& hook, std::span<const FunctionPlace> places) {
  if (std::any_of(places.begin(), places.end(), [](const FunctionPlace& p) { return p.there || p.typed; })) return {};
  return fail(0, "this kernel and its modules have none of the functions of the hook ", hook.file.string(), " (", functions_of(hook),
              "): load the driver's module first, and let the functions be noinline");
}

HookCompiler compiler_for(std::span<const FunctionPlace> places) {
  const bool untyped = std::any_of(places.begin(), places.end(), [](const FunctionPlace& p) { return p.there && !p.typed; });
  return untyped ? HookCompiler::bcc : HookCompiler::clang;
}

Result<std::vector<std::string>> what_is_missing(const HookSource& hook, std::span<const ProbeState> states) {
  std::vector<std::string> missing;
  std::string why;
  size_t attached = 0;
  for (const HookFunction& f : hook.functions) {
    const auto state = std::find_if(states.begin(), states.end(), [&](const ProbeState& s) {
      const EventInfo* event = event_info(s.event);
      return s.function == f.function && event && event->name == f.event;
    });
    if (state != states.end() && (state->attached() || state->how == MS_probe_how_off)) {
      ++attached;
      continue;
    }
    const std::string reason = state == states.end() ? "it has no program" : state->why;
    missing.push_back("the hook " + hook.file.string() + " says nothing of " + f.function + "(): " + reason);
    const bool refused = state != states.end() && state->how == MS_probe_how_refused;
    if (why.empty() || refused) why = refused ? f.function + "(): " + reason : reason;
  }
  if (attached == 0)
    return fail(0, "nothing of the hook ", hook.file.string(), " could be attached (", functions_of(hook), "): ", why);
  return missing;
}

}  // namespace mirrorscope
