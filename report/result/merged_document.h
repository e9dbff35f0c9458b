// SPDX-License-Identifier: Apache-2.0
// A merged result as what every format of check renders: a rule is violated where it is in one of the traces, a finding is all breaches with its key.
#pragma once

#include <memory>
#include <string_view>

#include "report/baseline.h"
#include "report/render/format.h"
#include "report/result/merged.h"

namespace mirrorscope {

struct MergedDocument {
  Merged merged;
  Summary summary;
  Report report;       // of summary.total
  Document document;   // points into the others
};

// `version` of this program. Outcomes are those that check would give the traces, the worst for each rule; and as long as there are problems,
// no rule that counts passes.
std::unique_ptr<MergedDocument> merged_document(Merged merged, std::string_view version, const Baseline& baseline, const Insistence& insist);

}  // namespace mirrorscope
