// SPDX-License-Identifier: Apache-2.0
// A trace, judged, with everything that its Document points to.
#pragma once

#include <memory>
#include <string>

#include "report/render/format.h"
#include "report/result/measures.h"
#include "verify/replay.h"

namespace mirrorscope {

struct Judged {
  Replayed replayed;
  std::unique_ptr<EvidenceIndex> index;
  std::unique_ptr<Windows> windows;  // null: nobody asked for explanations
  std::unique_ptr<Measures> measures;  // null: nobody asked for them
  Document document;
};

Result<std::unique_ptr<Judged>> judge(const std::string& path, const ReplayOptions& options);

// What a result says besides, in one more pass.
void measure(Judged& judged);

}  // namespace mirrorscope
