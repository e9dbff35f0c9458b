// SPDX-License-Identifier: Apache-2.0
// A trace, judged, with everything that its Document points to.
#pragma once

#include <memory>
#include <string>

#include "report/render/format.h"
#include "verify/replay.h"

namespace mirrorscope {

struct Judged {
  Replayed replayed;
  std::unique_ptr<EvidenceIndex> index;
  std::unique_ptr<Windows> windows;  // null: nobody asked for explanations
  Document document;
};

Result<std::unique_ptr<Judged>> judge(const std::string& path, const ReplayOptions& options);

}  // namespace mirrorscope
