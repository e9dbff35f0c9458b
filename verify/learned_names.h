// SPDX-License-Identifier: Apache-2.0
// The names that a trace says, all of them, before the records that they are about are looked at.
#pragma once

#include "analyzer/engine/names.h"
#include "trace/reading/reader.h"

namespace mirrorscope {

// One pass over all of it: a name may stand behind the records that it is about. A task that is another program later
// has the later name, as in `check`: exec is seen where the task runs, so on the streams of CPUs too.
Names learned_names(const trace::Reader& reader);

}  // namespace mirrorscope
