// SPDX-License-Identifier: Apache-2.0
// Is the worked example of trace/FORMAT.md what the writer writes, and what the reader reads?
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <sstream>

#include "trace/format.h"
#include "vocabulary.h"

namespace mirrorscope::trace {
namespace {

using FormatExample = TraceTest;

// The lines of the block that begins with ``` and this word.
std::vector<std::string> block(const std::string& document, const std::string& word) {
  std::vector<std::string> lines;
  std::istringstream in(document);
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line == "```") inside = false;
    if (inside) lines.push_back(line);
    if (line == "```" + word) inside = true;
  }
  return lines;
}

// "0040: c8 42 ..." for every 16 bytes; what follows the bytes in the document is for its reader.
std::string dumped(const std::string& bytes, size_t at) {
  char text[64];
  std::snprintf(text, sizeof text, "%04zx:", at);
  std::string line = text;
  for (size_t i = at; i < std::min(at + 16, bytes.size()); ++i) {
    std::snprintf(text, sizeof text, " %02x", static_cast<unsigned char>(bytes[i]));
    line += text;
  }
  return line;
}

TEST_F(FormatExample, is_what_is_written_and_read) {
  const std::string document = bytes_of(FORMAT_MD);
  const std::vector<std::string> records = block(document, "records"), dump = block(document, "bytes");
  ASSERT_EQ(records.size(), 2u);
  begin();
  for (const std::string& line : records) {
    auto record = parse_record(line);
    ASSERT_TRUE(record) << record.error().message;
    ASSERT_TRUE(writer->append(record->header().cpu, &record->header(), record->size()));
  }
  end();
  EXPECT_EQ(read().lines[2], records);

  std::string file = bytes_of(path / "cpu_2");
  EXPECT_EQ(file.size(), packet_page);
  PacketHead head;
  std::memcpy(&head, file.data(), sizeof head);
  file.resize(head.content_bits / 8);  // without the padding
  size_t line = 0;
  for (size_t at = 0; at < file.size(); at += 16, ++line) {
    const std::string said = line < dump.size() ? dump[line] : "";
    EXPECT_EQ(said.substr(0, dumped(file, at).size()), dumped(file, at)) << "in line " << line + 1 << " of the bytes in trace/FORMAT.md";
  }
  EXPECT_EQ(line, dump.size());
}

}  // namespace
}  // namespace mirrorscope::trace
