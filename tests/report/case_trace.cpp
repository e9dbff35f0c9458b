// SPDX-License-Identifier: Apache-2.0
// Writes one case of a .cases file as a trace: case_trace FILE CASE DIRECTORY.
#include <cstdio>

#include "case_file.h"
#include "trace/writing/writer.h"

using namespace mirrorscope;

namespace {
int fail_with(const std::string& sentence) {
  std::fprintf(stderr, "case_trace: %s\n", sentence.c_str());
  return 2;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return fail_with("usage: case_trace FILE CASE DIRECTORY");
  const auto file = test::read_cases(argv[1]);
  if (!file) return fail_with(file.error().message);
  trace::Provenance from;  // of no machine and no moment
  from.origin = trace::Origin::written;
  from.recorder = "case";
  from.kernel_release = "7.2.0";
  from.cpus = 8;
  for (const test::Case& c : file->cases) {
    if (c.name != argv[2]) continue;
    auto writer = trace::Writer::create(argv[3], from);
    if (!writer) return fail_with(writer.error().message);
    for (const trace::AnyRecord& r : c.records)
      if (auto done = writer->append(r.header().cpu, &r.header(), r.size()); !done) return fail_with(done.error().message);
    if (auto done = writer->close(); !done) return fail_with(done.error().message);
    return 0;
  }
  return fail_with(std::string("no case ") + argv[2]);
}
