// SPDX-License-Identifier: Apache-2.0
// The names that a trace says, all of them, before the records that they are about are looked at.
#pragma once

#include "analyzer/engine/names.h"
#include "trace/reading/reader.h"

namespace mirrorscope {

// One pass over the recorder's own stream: a name may stand behind the records that it is about.
Names learned_names(const trace::Reader& reader);

}  // namespace mirrorscope
