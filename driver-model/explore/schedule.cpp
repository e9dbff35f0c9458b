// SPDX-License-Identifier: Apache-2.0
// Schedules as text and back.
#include "driver-model/explore/schedule.h"

namespace mirrorscope::model {

std::string to_text(const Schedule& schedule) {
  std::string text;
  for (size_t i = 0; i < schedule.size();) {
    size_t n = 1;
    while (i + n < schedule.size() && schedule[i + n] == schedule[i]) ++n;
    text += static_cast<char>((schedule[i].choice ? 'A' : 'a') + schedule[i].thread);
    if (n > 1) text += std::to_string(n);
    i += n;
  }
  return text;
}

std::optional<Schedule> parse_schedule(std::string_view text) {
  Schedule schedule;
  for (size_t i = 0; i < text.size();) {
    const char c = text[i++];
    const bool big = c >= 'A' && c <= 'Z';
    const int thread = c - (big ? 'A' : 'a');
    if (thread < 0 || thread >= static_cast<int>(kThreads)) return std::nullopt;
    size_t n = 0, digits = 0;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9' && digits < 6) n = n * 10 + static_cast<size_t>(text[i++] - '0'), ++digits;
    if (digits && n == 0) return std::nullopt;
    schedule.insert(schedule.end(), digits ? n : 1, Step{static_cast<u8>(thread), static_cast<u8>(big)});
  }
  return schedule;
}

unsigned switches(const Schedule& schedule) {
  unsigned n = 0;
  for (size_t i = 1; i < schedule.size(); ++i) n += schedule[i].thread != schedule[i - 1].thread;
  return n;
}

}  // namespace mirrorscope::model
