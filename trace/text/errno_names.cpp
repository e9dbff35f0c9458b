// SPDX-License-Identifier: Apache-2.0
// include/uapi/asm-generic/errno*.h through the C library, include/linux/errno.h by hand.
#include "trace/text/errno_names.h"

#include <cstring>

namespace mirrorscope::trace {

namespace {
constexpr int last_public = 133;  // EHWPOISON

struct Internal {
  int number;
  std::string_view name;
};
constexpr Internal internals[] = {
    {512, "ERESTARTSYS"},           {513, "ERESTARTNOINTR"}, {514, "ERESTARTNOHAND"},
    {516, "ERESTART_RESTARTBLOCK"}, {517, "EPROBE_DEFER"},   {524, "ENOTSUPP"},
};
}  // namespace

std::string_view errno_name(int number) {
  if (number > 0 && number <= last_public) {
    const char* name = strerrorname_np(number);
    return name == nullptr ? std::string_view() : name;
  }
  for (const Internal& i : internals)
    if (i.number == number) return i.name;
  return {};
}

int errno_named(std::string_view name) {
  for (int number = 1; number <= last_public; number++)
    if (errno_name(number) == name) return number;
  for (const Internal& i : internals)
    if (i.name == name) return i.number;
  if (name == "EWOULDBLOCK") return errno_named("EAGAIN");
  return 0;
}

}  // namespace mirrorscope::trace
