// SPDX-License-Identifier: Apache-2.0
// Where the kernel says how it preempts: in debugfs, or at least whether it can in its version.
#include "collector/kernel/preemption.h"

#include <sys/utsname.h>

#include <fstream>
#include <string_view>

namespace mirrorscope {

Preemption preemption() {
  // "none (voluntary) full", "full (lazy)": the model in force stands in parentheses; it can be changed while the
  // kernel runs.
  std::ifstream models("/sys/kernel/debug/sched/preempt");
  for (std::string word; models >> word;)
    if (word.front() == '(' && word.back() == ')') {
      const std::string model = word.substr(1, word.size() - 2);
      return {model, model != "none" && model != "voluntary"};
    }
  utsname name{};
  if (uname(&name) != 0) return {"", true};
  // "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-1": which model is in force is not said. Without the word there is none.
  return {"", std::string_view(name.version).find("PREEMPT") != std::string_view::npos};
}

}  // namespace mirrorscope
