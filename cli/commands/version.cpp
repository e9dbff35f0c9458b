// SPDX-License-Identifier: Apache-2.0
// Which mirrorscope this is, and which records it reads and writes.
#include <cinttypes>
#include <cstdio>

#include "cli/subcommand.h"
#include "schema/catalog.h"

namespace mirrorscope::cli {

void add_version(CLI::App& app, int& exit_code) {
  app.add_subcommand("version", "Version, schema, and what this build can do")->callback([&exit_code] {
    std::printf("mirrorscope %s\nschema %016" PRIx64 ", %zu events\n%s\n", MIRRORSCOPE_VERSION, schema_hash,
                catalog::events.size(),
                MIRRORSCOPE_LIVE ? "can record live kernels" : "cannot record (built without MIRRORSCOPE_LIVE)");
    exit_code = exit_ok;
  });
}

}  // namespace mirrorscope::cli
