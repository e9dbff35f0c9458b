// SPDX-License-Identifier: Apache-2.0
// Whether names that somebody chose come out harmless, readable, and with every byte.
#include "schema/shown.h"

#include <gtest/gtest.h>

#include <random>

namespace mirrorscope {
namespace {

// The way back, as schema/shown.h promises it.
std::string bytes_of(const std::string& shown) {
  std::string out;
  for (size_t at = 0; at < shown.size(); ++at) {
    if (shown[at] != '\\') {
      out += shown[at];
    } else if (shown.at(at + 1) == '\\') {
      out += shown[++at];
    } else {
      EXPECT_EQ(shown.at(at + 1), 'x');
      out += static_cast<char>(std::stoi(shown.substr(at + 2, 2), nullptr, 16));
      at += 3;
    }
  }
  return out;
}

TEST(Shown, letters_of_every_script_stay) {
  for (const char* name : {"ib_umem_odp", "kworker/u8:3-rdma", "[drm]", "a b", "\"'`|<>&;$(){}*", "M\xc3\xbcller", "\xd0\xbf\xd1\x80\xd0\xbe\xd1\x86",
                           "\xe8\xa8\x98\xe9\x8c\xb2", "\xf0\x9f\x90\x9b"})
    EXPECT_EQ(shown(name), name);
}

TEST(Shown, what_is_not_seen_is_written_byte_by_byte) {
  EXPECT_EQ(shown("\x1b[2J\x07"), "\\x1b[2J\\x07");
  EXPECT_EQ(shown("a\r\n\tb\x7f"), "a\\x0d\\x0a\\x09b\\x7f");
  EXPECT_EQ(shown("\xc2\x9b" "31m"), "\\xc2\\x9b31m") << "CSI of C1";
  EXPECT_EQ(shown("\xe2\x80\xaegnp.exe"), "\\xe2\\x80\\xaegnp.exe") << "U+202E turns what follows";
  EXPECT_EQ(shown("\xe2\x81\xa6x\xe2\x81\xa9"), "\\xe2\\x81\\xa6x\\xe2\\x81\\xa9") << "U+2066 and U+2069";
  EXPECT_EQ(shown("a\xe2\x80\xa8" "b\xe2\x80\x8b" "c\xef\xbb\xbf"), "a\\xe2\\x80\\xa8b\\xe2\\x80\\x8bc\\xef\\xbb\\xbf");
  EXPECT_EQ(shown("a\\x1b"), "a\\\\x1b") << "a backslash is not the beginning of an escape";
}

TEST(Shown, what_is_no_utf_8_is_written_byte_by_byte) {
  EXPECT_EQ(shown("a\xff\xfe\xc0\x80" "b"), "a\\xff\\xfe\\xc0\\x80b");
  EXPECT_EQ(shown("\xc3"), "\\xc3") << "cut off by the 15 bytes of a name";
  EXPECT_EQ(shown("\xe2\x80"), "\\xe2\\x80");
  EXPECT_EQ(shown("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(shown("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "behind the last code point";
  EXPECT_EQ(shown("\xe0\x80\xaf"), "\\xe0\\x80\\xaf") << "longer than it has to be";
  EXPECT_EQ(shown("\xc3\xc3\xbc"), "\\xc3\xc3\xbc") << "the character behind it is one";
}

TEST(Shown, nothing_is_a_command_for_the_runner_of_a_ci) {
  EXPECT_EQ(shown("::error::x"), "\\x3a:error::x");
  EXPECT_EQ(shown("a ::error::x"), "a \\x3a:error::x") << "a line can be folded there";
  EXPECT_EQ(shown(":"), "\\x3a") << "and a colon may follow";
  EXPECT_EQ(shown("##[error]x"), "#\\x23[error]x");
  EXPECT_EQ(shown("ns::fn"), "ns::fn");
  EXPECT_EQ(shown_sentence("cannot read ::error::x"), "cannot read \\x3a:error::x");
}

TEST(Shown, a_field_ends_at_its_first_zero_and_needs_none) {
  EXPECT_EQ(shown_field("ab\0cd"), "ab");
  const char full[4] = {'a', 'b', 'c', 'd'};
  EXPECT_EQ(shown_field(full), "abcd");
}

TEST(Shown, a_sentence_is_one_line_and_keeps_what_was_shown_before) {
  EXPECT_EQ(shown_sentence("cannot open a\\x1b: \n\x1b[m"), "cannot open a\\x1b: \\x0a\\x1b[m");
  const std::string once = shown("\x1b\\ \xff ::x ##");
  EXPECT_EQ(shown_sentence(once), once);
}

TEST(Shown, every_byte_can_be_had_back) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes;
    for (size_t n = random() % 16; n > 0; --n)
      bytes += random() % 3 ? static_cast<char>(random()) : "\\:# \"\xc2\x9b\xe2\x80\xae"[random() % 10];
    const std::string text = shown(bytes);
    EXPECT_EQ(bytes_of(text), bytes);
    EXPECT_EQ(shown_sentence(text), text);
    for (const char c : text) EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 || c == 0x7f);
  }
}

}  // namespace
}  // namespace mirrorscope
