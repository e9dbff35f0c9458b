// SPDX-License-Identifier: Apache-2.0
// What the file `metadata` of a trace says: TSDL made from the schema, and the provenance read back from it.
#pragma once

#include <string>
#include <string_view>

#include "trace/provenance.h"
#include "trace/result.h"

namespace mirrorscope::trace {

// The whole file. Same provenance, same bytes.
std::string metadata_text(const Provenance& provenance);

// Refuses, in one sentence that does not name the file: what is no CTF, a CTF trace of another tracer, a damaged text,
// another format version, another schema hash.
Result<Provenance> parse_metadata(std::string_view text);

}  // namespace mirrorscope::trace
