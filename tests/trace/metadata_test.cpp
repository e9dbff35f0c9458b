// SPDX-License-Identifier: Apache-2.0
// What the metadata text promises.
#include "trace/metadata.h"

#include "vocabulary.h"

namespace mirrorscope::trace {
namespace {

TEST(Metadata, SameProvenanceSameBytes) { EXPECT_EQ(metadata_text(somewhere()), metadata_text(somewhere())); }

TEST(Metadata, EveryEventFieldAndLabelIsInIt) {
  const std::string text = metadata_text(somewhere());
  for (const EventInfo& e : catalog::events) {
    const std::string head =
        "event {\n\tid = " + std::to_string(e.id) + ";\n\tstream_id = 0;\n\tname = \"" + std::string(e.name) + "\";";
    const size_t at = text.find(head);
    ASSERT_NE(at, text.npos) << e.name;
    const std::string body = text.substr(at, text.find("};\n};", at) - at);
    for (const FieldInfo& f : e.fields) {
      EXPECT_NE(body.find(" _" + std::string(f.name) + (f.count > 1 ? "[" : ";")), body.npos)
          << e.name << "." << f.name;
      if (f.labels == nullptr) continue;
      EXPECT_NE(body.find("\tenum " + std::string(f.labels->name) + " _" + std::string(f.name)), body.npos);
      for (const EnumValue& v : f.labels->values)
        EXPECT_NE(text.find("\t\"" + std::string(v.label) + "\" = " + std::to_string(v.value) + ",\n"), text.npos)
            << v.label;
    }
  }
}

TEST(Metadata, AFlippedBitAnywhereIsNoticed) {
  const std::string text = metadata_text(somewhere());
  ASSERT_TRUE(parse_metadata(text));
  for (size_t at = 0; at < text.size(); at++) {
    std::string flipped = text;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 7)));
    EXPECT_FALSE(parse_metadata(flipped)) << at;
  }
}

TEST(Metadata, ACutAnywhereIsNoticed) {
  const std::string text = metadata_text(somewhere());
  for (size_t size = 0; size < text.size(); size++)
    EXPECT_FALSE(parse_metadata(std::string_view(text).substr(0, size))) << size;
}

TEST(Metadata, TextFromOutsideCannotBreakOut) {
  Provenance p = somewhere();
  p.kernel_version = "\"; };\nstream { id = 7; };\n\\";
  const std::string text = metadata_text(p);
  EXPECT_NE(text.find("kernel_version = \"?; };?stream { id = 7; };??\";\n"), text.npos);
  auto read = parse_metadata(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->machine, "x86_64");
}

TEST(Metadata, AClockThatRunsBehindTheEpoch) {
  Provenance p = somewhere();
  p.clock_offset = -1;
  const std::string text = metadata_text(p);
  EXPECT_NE(text.find("offset_s = -1;\n\toffset = 999999999;"), text.npos);
  auto read = parse_metadata(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->clock_offset, -1);
}

TEST(Metadata, OfThisMachine) {
  auto here = provenance_here();
  ASSERT_TRUE(here) << here.error().message;
  EXPECT_EQ(here->boot_id.size(), 36u);
  EXPECT_GT(here->started, 0u);
  EXPECT_GT(here->clock_offset, 0);
  EXPECT_GT(here->cpus, 0u);
}

}  // namespace
}  // namespace mirrorscope::trace
