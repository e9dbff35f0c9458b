// SPDX-License-Identifier: Apache-2.0
// The words in which tests about traces are written.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "trace/reading/reader.h"
#include "trace/text/text.h"
#include "trace/writing/writer.h"

namespace mirrorscope::trace {

// A provenance in which nothing depends on the machine or the moment.
Provenance somewhere();

// A record whose fields all depend on (cpu, seq), so that a wrong byte shows.
AnyRecord record_of(uint16_t event, uint16_t cpu, uint32_t seq, uint64_t time);

// What came out of a trace: per stream the lines of its records, and everything that was not delivered.
struct Outcome {
  std::string error;  // of opening; empty: it opened
  std::map<uint16_t, std::vector<std::string>> lines;
  std::vector<Damage> damage;
  uint64_t accounted = 0;  // good and damaged bytes
  size_t records() const;
  // "5 7 8" for stream 0 with the records of seq 5, 7, 8
  std::string seqs(uint16_t stream) const;
  std::string damages() const;  // to_text of each, a line each
  std::map<uint16_t, std::vector<AnyRecord>> raw;
};
Outcome read_all(const Result<Reader>& reader);

std::string bytes_of(const std::filesystem::path& file);
void overwrite(const std::filesystem::path& file, const std::string& bytes);

struct Babeltrace {
  int exit_code;
  std::string out;         // its lines of events
  std::string complaints;  // everything else that it said
  uint64_t events;
  uint64_t discarded;  // events that it says the tracer discarded
};
// What babeltrace2 makes of a trace; nothing if it is not installed.
std::optional<Babeltrace> babeltrace(const std::filesystem::path& trace);

// A trace in a directory of its own, written record by record.
class TraceTest : public testing::Test {
 protected:
  TraceTest();
  ~TraceTest() override;

  // --- writing ---
  void begin(WriterOptions options = {});
  void record(uint16_t cpu, int count = 1);  // the next records of this CPU, a time step apart
  void lose(uint16_t cpu, uint32_t count);   // as a full ring does: numbers are used up, discarded() grows
  void flush();
  void end();

  // --- reading ---
  Outcome read() const { return read_all(Reader::open(path)); }
  std::vector<std::string> files() const;  // relative to path, sorted
  uint64_t bytes_on_disk() const;          // of all stream files

  std::filesystem::path folder;  // removed at the end
  std::filesystem::path path;    // of the trace, inside
  std::optional<Writer> writer;
  std::map<uint16_t, std::vector<std::string>> written;  // lines, as Outcome::lines
  uint64_t now = 1'000'000;

 private:
  std::map<uint16_t, uint32_t> seq_;
  std::map<uint16_t, uint64_t> lost_;
};

}  // namespace mirrorscope::trace
