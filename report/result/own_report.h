// SPDX-License-Identifier: Apache-2.0
// Where somebody who reads a merged result finds more about one trace of it.
#pragma once

#include <string>

#include "report/result/part.h"

namespace mirrorscope {

// The page beside the part's result file ("node1.html" beside "node1.json") if there is one, else the result file; empty: it came from no file.
std::string own_report(const Part& part);

}  // namespace mirrorscope
