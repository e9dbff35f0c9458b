// SPDX-License-Identifier: Apache-2.0
// Which characters are seen as what they are.
#include "schema/shown.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace mirrorscope {

namespace {
struct Range {
  char32_t first, last;
};

// What is not seen, by the general categories of Unicode 15: Cc, Cf (with what turns the direction), Zs but for the
// space, Zl, Zp, what has no form (Default_Ignorable_Code_Point), private and no characters, and U+FFFD, which
// others put where bytes were wrong.
constexpr auto unseen = std::to_array<Range>({
    {0x0000, 0x001f},   {0x007f, 0x00a0},   {0x00ad, 0x00ad},   {0x034f, 0x034f},   {0x0600, 0x0605},   {0x061c, 0x061c},
    {0x06dd, 0x06dd},   {0x070f, 0x070f},   {0x0890, 0x0891},   {0x08e2, 0x08e2},   {0x115f, 0x1160},   {0x1680, 0x1680},
    {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x2000, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x206f},   {0x3000, 0x3000},
    {0x3164, 0x3164},   {0xd800, 0xf8ff},   {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
    {0xfff0, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1345f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
    {0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff}, {0x3fffe, 0x10ffff},
});

bool is_seen(char32_t c) {
  const auto* at = std::lower_bound(unseen.begin(), unseen.end(), c, [](const Range& r, char32_t value) { return r.last < value; });
  return at == unseen.end() || c < at->first;
}

// The bytes of the UTF-8 character that `text` begins with and its code point; 0 bytes if it begins with none (RFC 3629).
struct Character {
  size_t bytes = 0;
  char32_t code = 0;
};

Character first_of(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {1, lead};
  const size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  char32_t code = lead & (0xffu >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(i) & 0x3fu);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {bytes, code};
}

void add_escaped(std::string& out, std::string_view bytes) {
  for (const char c : bytes) {
    out += "\\x";
    out += "0123456789abcdef"[static_cast<uint8_t>(c) >> 4];
    out += "0123456789abcdef"[static_cast<uint8_t>(c) & 15];
  }
}

// Runners of CI read commands from what a program prints: "::error::" where a line begins, also behind spaces (GitHub; a
// line can be folded at any space), "##[" and "##vso[" (GitHub, Azure), "##teamcity[".
// A name may be followed by a colon: one at its beginning is enough.
bool begins_command(std::string_view before, std::string_view rest, bool is_sentence) {
  if (rest.starts_with(is_sentence ? "::" : ":")) return before.empty() || before.back() == ' ';
  return rest.starts_with('#') && before.ends_with('#');
}

std::string shown(std::string_view text, bool is_sentence) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    const Character c = first_of(rest);
    const std::string_view bytes = rest.substr(0, std::max<size_t>(1, c.bytes));
    if (rest[0] == '\\' && !is_sentence)
      out += "\\\\";
    else if (c.bytes == 0 || !is_seen(c.code) || begins_command(text.substr(0, at), rest, is_sentence))
      add_escaped(out, bytes);
    else
      out += bytes;
    at += bytes.size();
  }
  return out;
}
}  // namespace

std::string shown(std::string_view bytes) { return shown(bytes, false); }

std::string shown_sentence(std::string_view sentence) { return shown(sentence, true); }

}  // namespace mirrorscope
